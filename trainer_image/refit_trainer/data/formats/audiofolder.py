"""`audiofolder`: recordings in folders as `imagefolder` has images."""

from refit_trainer.data.formats.imagefolder import LabelledFolders

FORMAT = LabelledFolders("audio", (".wav", ".flac", ".ogg", ".mp3"))
