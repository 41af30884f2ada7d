"""A new exercise to begin with: small, whole and passing, for its author to replace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course.lessons.catalogue import ListedExercise

DEFINITION = """\
id: {id}
kind: {kind}
minutes: {minutes}
notes: []                       # the lines of the notes that it covers
title: {{zh: {zh}, en: "{en}"}}
goal: {{zh: 把一个词写进文件, en: Write a word into a file}}
profile: plain
vars:
  word: {{token: 6}}
steps:
  - id: written
    title: {{zh: 写下来, en: Write it down}}
    checks:
      - id: word
        say: {{zh: "/root/word 里是 {{{{word}}}}", en: "/root/word holds {{{{word}}}}"}}
        all:
          - file: {{path: /root/word, equals: "{{{{word}}}}"}}
    diagnose:
      - id: other-word
        all:
          - file: {{path: /root/word, type: file}}
        not: {{file: {{path: /root/word, equals: "{{{{word}}}}"}}}}
        hint:
          - {{zh: 文件在了，再看一眼内容。, en: The file is there. Look at what it holds.}}
          - {{zh: 里面不是要求的那个词。, en: It is not the word that was asked for.}}
          - zh: "写入 {{{{word}}}}：echo {{{{word}}}} > /root/word"
            en: "Write {{{{word}}}}: echo {{{{word}}}} > /root/word"
      - id: elsewhere
        all:
          - file: {{path: /tmp/word, type: file}}
        not: {{file: {{path: /root/word}}}}
        hint:
          - {{zh: 你写了一个文件，但不在这里。, en: "You wrote a file, in another place."}}
          - {{zh: 它在 /tmp 里。, en: It is in /tmp.}}
          - {{zh: 把它移到 /root/word。, en: Move it to /root/word.}}
"""
FILES = {
    "task.zh.md": "# {zh}\n\n## 写下来 {{#written}}\n\n把 `{{{{word}}}}` 写进 `/root/word`。\n",
    "task.en.md": "# {en}\n\n## Write it down {{#written}}\n\n"
    "Write `{{{{word}}}}` into `/root/word`.\n",
    "explain.zh.md": "文件里的字节就是检查看到的全部。\n",
    "explain.en.md": "The bytes in the file are all that the check sees.\n",
    "solution.sh": "echo {{{{word}}}} > /root/word\n",
    "mistakes/other-word.sh": "# expect: other-word\necho word > /root/word\n",
    "mistakes/elsewhere.sh": "# expect: elsewhere\necho {{{{word}}}} > /tmp/word\n",
}


def write(directory: Path, listed: ListedExercise) -> list[Path]:
    """The files of a new exercise, as course.yaml lists it. Raises FileExistsError."""
    values = {
        "id": listed.id,
        "kind": listed.kind,
        "minutes": listed.minutes,
        "zh": listed.title.zh,
        "en": listed.title.en,
    }
    directory.mkdir(parents=True)
    made = []
    for name, text in {"exercise.yaml": DEFINITION, **FILES}.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.format(**values), encoding="utf-8")
        made.append(path)
    return made
