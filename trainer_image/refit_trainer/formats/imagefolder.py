"""`imagefolder`: images in one folder a label."""

from refit_trainer.labelled_folders import LabelledFolders

FORMAT = LabelledFolders("image", (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"))
