"""Another client by other people: docker-py."""

from __future__ import annotations

import io
import tarfile

import docker
import pytest

pytestmark = [
    pytest.mark.contract,
    # docker-py leaves its sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def client(engine):
    client = docker.DockerClient(base_url=f"unix://{engine.socket}")
    yield client
    client.close()


def test_run_gives_the_output(client):
    assert client.containers.run("box:1", ["echo", "hello"], remove=True) == b"hello\n"


def test_a_failing_program_is_an_error_with_its_code(client):
    with pytest.raises(docker.errors.ContainerError) as failed:
        client.containers.run("box:1", ["sh", "-c", "echo why >&2; exit 2"], remove=True)
    assert (failed.value.exit_status, failed.value.stderr) == (2, b"why\n")


def test_a_container_lives_and_dies(client, name):
    container = client.containers.run("box:1", ["sleep", "60"], name=name, detach=True)
    assert container.status in ("created", "running")
    container.reload()
    assert container.status == "running"
    assert [found.id for found in client.containers.list()] == [container.id]
    code, output = container.exec_run(["sh", "-c", "echo out; echo err >&2; exit 3"], demux=True)
    assert (code, output) == (3, (b"out\n", b"err\n"))
    container.kill()
    assert container.wait()["StatusCode"] == 137
    container.remove()
    with pytest.raises(docker.errors.NotFound):
        client.containers.get(name)


def test_logs_stream(client, name):
    script = "for i in 1 2 3; do echo $i; sleep 0.1; done"
    container = client.containers.run("box:1", ["sh", "-c", script], name=name, detach=True)
    assert b"".join(container.logs(stream=True, follow=True)) == b"1\n2\n3\n"


def test_a_missing_image_is_image_not_found(client):
    with pytest.raises(docker.errors.ImageNotFound):
        client.images.get("nothing:1")


def test_versions_are_negotiated(client):
    assert client.version()["ApiVersion"] == "1.45"
    assert client.info()["OSType"] == "linux"
    assert client.ping() is True


def test_a_container_is_looked_into_paused_and_changed(client, name):
    container = client.containers.run("box:1", ["sleep", "60"], name=name, detach=True)
    assert container.top(ps_args="-o pid,comm")["Processes"][0][1] == "sleep"
    assert container.stats(stream=False)["pids_stats"]["current"] == 1
    container.pause()
    container.reload()
    assert container.status == "paused"
    container.unpause()
    container.update(mem_limit="64m", memswap_limit="128m")
    container.rename(f"{name}-renamed")
    container.reload()
    assert (container.name, container.attrs["HostConfig"]["Memory"]) == (
        f"{name}-renamed",
        64 << 20,
    )
    container.remove(force=True)


def test_files_come_and_go(client, name):
    container = client.containers.create("box:1", ["true"], name=name)
    pieces, found = container.get_archive("/etc/text")
    data = b"".join(pieces)
    assert (found["name"], found["size"]) == ("text", 14)
    assert container.put_archive("/tmp", data)
    assert container.diff() == [{"Path": "/tmp", "Kind": 0}, {"Path": "/tmp/text", "Kind": 1}]
    with tarfile.open(fileobj=io.BytesIO(b"".join(container.export()))) as tar:
        assert "tmp/text" in tar.getnames()
