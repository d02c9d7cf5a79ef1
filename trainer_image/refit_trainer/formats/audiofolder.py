"""`audiofolder`: recordings in one folder a label."""

from refit_trainer.labelled_folders import LabelledFolders

FORMAT = LabelledFolders("audio", (".wav", ".flac", ".ogg", ".mp3"))
