"""Who is called what."""

from __future__ import annotations

from sandbox.resolver.table import Place, Places, Table


def place(address, *names):
    return Place(names, f"{names[0]}.n1", address)


def test_names_hold_within_a_network():
    table = Table()
    table.put("a", Places({"n1": place("10.5.0.2", "Web", "pool")}))
    table.put("b", Places({"n1": place("10.5.0.3", "db", "pool"), "n2": place("10.6.0.3", "db")}))
    table.put("c", Places({"n2": place("10.6.0.4", "other")}))
    assert table.addresses("b", "web") == ["10.5.0.2"]
    assert table.addresses("a", "pool") == ["10.5.0.2", "10.5.0.3"]
    assert table.addresses("c", "web") == []
    assert table.addresses("c", "db") == ["10.6.0.3"]
    assert table.name_of("a", "10.5.0.3") == "db.n1"
    assert table.name_of("c", "10.5.0.3") == ""
    assert table.addresses("nobody", "web") == []


def test_who_goes_is_found_no_more_and_leaves_nothing():
    table = Table()
    for container in "abc":
        table.put(container, Places({"n1": place(f"10.5.0.{ord(container)}", container, "pool")}))
    table.put("a", Places({"n1": place("10.5.0.9", "renamed")}))
    assert table.addresses("b", "a") == []
    assert table.addresses("b", "renamed") == ["10.5.0.9"]
    table.keep({"b"})
    assert table.addresses("b", "pool") == ["10.5.0.98"]
    table.drop("b")
    assert table.places == {}
    assert table._addresses == {}


def test_several_come_in_turn():
    table = Table()
    firsts = {table.in_turn(["10.5.0.2", "10.5.0.3"])[0] for _ in range(2)}
    assert firsts == {"10.5.0.2", "10.5.0.3"}
