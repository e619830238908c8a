"""Figures of a comparison, one file each: `data` gives the numbers, `panel` draws them, `draw` makes the sheet."""
