"""Runs an exercise's own check script: a locked process of ours, JSON in, one JSON line out."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from course.exercises.sight import Call, Ran
from course.exercises.text import Text

CAGE = Path(__file__).with_name("cage.py")
LARGEST_OUTPUT = 64 * 1024  # bytes


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ok: bool
    evidence: str | dict[str, JsonValue] = ""
    say: Text | None = None
    diagnosis: str = ""


async def run_script(directory: Path, call: Call) -> Ran:
    """The script's answer; whatever goes wrong is a fault of ours, never the learner's."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(CAGE),
        str(directory / call.file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(call.seconds):
            output, _ = await process.communicate(call.input.encode())
    except TimeoutError:
        return Ran(fault=f"no answer within {call.seconds} s")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        return Ran(fault=f"ended with status {process.returncode}")
    return _read(output)


def _read(output: bytes) -> Ran:
    if len(output) > LARGEST_OUTPUT:
        return Ran(fault="said too much")
    try:
        said = _Said.model_validate_json(output)
    except ValidationError as broken:
        return Ran(fault=f"did not answer in the agreed form: {broken.errors()[0]['msg']}")
    found = said.evidence
    shown = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return Ran(ok=said.ok, evidence=shown, say=said.say, diagnosis=said.diagnosis)
