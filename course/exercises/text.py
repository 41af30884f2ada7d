"""A short text in both languages."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Text(BaseModel):
    """The same meaning, written once in Chinese and once in English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str

    def tell(self, language: str) -> str:
        """The text for a Django language code; anything that is not Chinese reads English."""
        return self.zh if language.startswith("zh") else self.en


def same(text: str) -> Text:
    """A text that needs no translation: a path, a command, a value."""
    return Text(zh=text, en=text)
