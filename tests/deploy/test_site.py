"""The site as a browser meets it: headers, languages, errors, health."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests import fakes_engine

pytestmark = pytest.mark.django_db


def test_a_page_forbids_frames_and_every_script_and_style_without_its_nonce(client):
    answer = client.get("/")
    rules = dict(
        rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; ") if " " in rule
    )
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "'nonce-" in rules["script-src"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_nonce_is_used_once(client):
    first, second = (client.get("/")["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_no_page_carries_an_inline_handler_or_style(client):
    for path in ("/", "/accounts/login/", "/accounts/signup/", "/nowhere/"):
        page = client.get(path).content.decode()
        assert " style=" not in page
        assert " onclick=" not in page


def test_cookies_stay_with_this_host_and_out_of_scripts_reach(client):
    client.post("/accounts/guest/")
    client.post("/language/", {"language": "en", "next": "/"})
    client.get("/")
    assert len(client.cookies) >= 2
    for cookie in client.cookies.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")


def test_another_host_name_is_refused_with_a_next_step(client):
    answer = client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "TERRARIUM_ALLOWED_HOSTS" in answer.content.decode()


def test_changing_the_language_keeps_the_page_and_lasts(client):
    answer = client.post("/language/", {"language": "zh-hans", "next": "/accounts/login/?next=%2F"})
    assert answer["Location"] == "/accounts/login/?next=%2F"
    page = client.get("/accounts/login/", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="zh-Hans">' in page


def test_changing_the_language_leads_to_no_other_site(client):
    answer = client.post("/language/", {"language": "en", "next": "https://evil.example/"})
    assert "evil" not in answer["Location"]


@pytest.mark.parametrize(
    ("accepts", "lang"),
    [("zh-TW,zh;q=0.8", "zh-Hans"), ("zh", "zh-Hans"), ("fr", "en"), ("", "en")],
)
def test_the_browsers_languages_decide_before_anything_was_chosen(client, accepts, lang):
    page = client.get("/", headers={"Accept-Language": accepts}).content.decode()
    assert f'<html lang="{lang}">' in page


def test_a_form_without_a_token_is_refused_with_a_next_step():
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "mei"})
    assert answer.status_code == 403
    assert "reload" in answer.content.decode()


def test_the_process_answers_for_itself(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "pass"


def test_readiness_names_every_part_and_the_one_that_fails(client, settings, tmp_path):
    settings.TERRARIUM_ENGINE = tmp_path / "absent.sock"
    answer = client.get("/readyz")
    checks = json.loads(answer.content)["checks"]
    assert answer.status_code == 503
    assert {"database:ping", "engine:ping", "content:course", "labs:places"} <= set(checks)
    assert checks["engine:ping"][0]["status"] == "fail"
    assert "No such file" in checks["engine:ping"][0]["output"]


def test_readiness_passes_on_what_the_engine_says_of_itself(client, settings, short_tmp):
    settings.TERRARIUM_ENGINE = short_tmp / "health.sock"
    settings.TERRARIUM_STATE.mkdir(exist_ok=True)
    with fakes_engine.listening(fakes_engine.RememberingEngine(), settings.TERRARIUM_ENGINE):
        answer = client.get("/readyz")
    assert answer.json()["checks"]["engine:overlay"][0]["output"] == "fine"
    assert answer.status_code == 200
