"""What the environment may say, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy import environment


def test_a_key_is_made_once_and_is_nobody_elses_to_read(tmp_path):
    (tmp_path / "web").mkdir()
    first = environment.secret_key({}, tmp_path)
    assert environment.secret_key({}, tmp_path) == first
    assert len(first) >= 50
    assert (tmp_path / "web" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_without_a_state_nothing_is_written(tmp_path):
    assert environment.secret_key({}, tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_one_variable():
    url = "postgres://me:p%40ss@db.example:5433/terrarium?sslmode=require"
    database = environment.database({"TERRARIUM_DATABASE_URL": url}, Path("/state"))
    assert (database["NAME"], database["PASSWORD"], database["PORT"]) == (
        "terrarium",
        "p@ss",
        "5433",
    )
    assert database["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize("url", ["mysql://a/b", "postgres://host", "nonsense"])
def test_another_database_is_refused_with_an_example(url):
    with pytest.raises(environment.BadSetting, match="postgres://user"):
        environment.database({"TERRARIUM_DATABASE_URL": url}, Path("/state"))


@pytest.mark.parametrize("text", ["0", "-5", "ten", "1.5", "²"])
def test_a_number_that_is_none_is_refused_by_name(text):
    with pytest.raises(environment.BadSetting, match="TERRARIUM_MAX_LABS"):
        environment.lab_places({"TERRARIUM_MAX_LABS": text})


def test_sockets_of_another_state_lie_below_it():
    assert environment.run_directory({}, Path("/srv/t")) == Path("/srv/t/run")
    assert environment.run_directory({}, Path("/var/lib/terrarium")) == Path("/run/terrarium")


def test_a_wildcard_is_never_a_name_by_which_we_are_called():
    hosts = environment.allowed_hosts({"TERRARIUM_HOST": "0.0.0.0"})
    assert "0.0.0.0" not in hosts
    # Instead, the addresses at which others find this machine.
    assert set(environment.own_addresses()) <= set(hosts)
    hosts = environment.allowed_hosts(
        {"TERRARIUM_HOST": "10.1.2.3", "TERRARIUM_ALLOWED_HOSTS": "a, b"}
    )
    assert {"10.1.2.3", "a", "b", "localhost"} <= set(hosts)
