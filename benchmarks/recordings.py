"""`python -m benchmarks.recordings`: real recordings of six speakers, from Debian's packages of telephone prompts.

Nothing is installed: the packages are fetched and unpacked into one folder, made once, a folder a voice:

    es-allison/  fr-june/  it-carlo/       16-bit WAV, 8 kHz (asterisk-core-sounds-*-wav, CC-BY-SA-3.0)
    es-colombia/ fr-armelle/ it-menardi/   GSM 6.10, as a telephone carries them (asterisk-prompt-*; free licences)

Three of the voices are studio recordings, one speaker a language; the other three are other speakers of the same
languages, through a telephone's codec. Allison speaks Mexican Spanish here, June Canadian French.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcluster.commands import run, succeeds
from localcluster.made_once import make_once

RATE = 8000
"""Samples a second, of all of them."""
Samples = Any
"""A NumPy array of floats between -1 and 1."""


@dataclass(frozen=True)
class Voice:
    """A speaker: the language, the package, and the folder in it that holds the recordings."""

    language: str
    package: str
    folder: str


VOICES = {
    "es-allison": Voice("es", "asterisk-core-sounds-es-wav", "es_MX_f_Allison"),
    "fr-june": Voice("fr", "asterisk-core-sounds-fr-wav", "fr_CA_f_June"),
    "it-carlo": Voice("it", "asterisk-core-sounds-it-wav", "it_IT_m_Carlo"),
    "es-colombia": Voice("es", "asterisk-prompt-es-co", "es"),
    "fr-armelle": Voice("fr", "asterisk-prompt-fr-armelle", "fr"),
    "it-menardi": Voice("it", "asterisk-prompt-it-menardi-gsm", "it_IT_f_Menardi"),
}
STUDIO = ("es-allison", "fr-june", "it-carlo")
TELEPHONE = ("es-colombia", "fr-armelle", "it-menardi")


def ensure_recordings() -> Path:
    """Return the folder, made first where it isn't there; it appears whole or not at all."""
    return make_once("recordings", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    for name, voice in VOICES.items():
        _unpack(voice, scratch, target / name)


def _unpack(voice: Voice, scratch: Path, target: Path) -> None:
    """Fetch a voice's package and copy its recordings, in folders as they were."""
    if not succeeds(["apt-cache", "show", voice.package]):
        run(["apt-get", "update"])
    run(["apt-get", "download", voice.package], cwd=scratch)
    run(["dpkg-deb", "-x", next(scratch.glob(f"{voice.package}_*.deb")), scratch / voice.package])
    shutil.copytree(scratch / voice.package / "usr/share/asterisk/sounds" / voice.folder, target)


def read_voice(folder: Path, name: str) -> dict[str, Samples]:
    """Return a voice's recordings by name, such as `digits/4`; those of silence are left out."""
    files = sorted(path for path in (folder / name).rglob("*") if path.suffix in (".wav", ".gsm"))
    named = {file.relative_to(folder / name).with_suffix("").as_posix(): file for file in files}
    return {prompt: _read(file) for prompt, file in named.items() if not prompt.startswith("silence/")}


def _read(file: Path) -> Samples:
    import soundfile

    is_bare = file.suffix == ".gsm"  # frames without any header
    samples, rate = soundfile.read(
        file, **({"format": "RAW", "subtype": "GSM610", "samplerate": RATE, "channels": 1} if is_bare else {})
    )
    assert rate == RATE, f"{file} has {rate} samples a second"
    return samples


if __name__ == "__main__":
    print(ensure_recordings())
