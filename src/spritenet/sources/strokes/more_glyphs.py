"""More variants of digits, which version 2 of `strokes` adds to those of `glyphs.py`.

Version 1 keeps its images: another variant would change the choice of all.
"""

from __future__ import annotations

from spritenet.sources.strokes.glyphs import GLYPH_VARIANTS, GlyphVariant

__all__ = ["ALL_VARIANTS", "MORE_VARIANTS"]

# fmt: off
MORE_VARIANTS: tuple[GlyphVariant, ...] = (
    # 1 with a long flag and no foot, as taught in much of Europe
    GlyphVariant(1, 2.6, (
        "4,58 42,30 86,0! 86,34 86,66 86,100",
        "2,44 40,24 80,2! 80,34 78,66 76,100",
        "10,66 46,34 82,0! 84,34 86,66 90,100",
        "0,70 46,40 92,2! 88,36 82,68 76,100",
        "14,36 48,20 84,2! 84,36 84,68 84,100",
    ), 0.58),
    # 0 with a slash inside, or through it
    GlyphVariant(0, 1.4, (
        "55,2 25,8 6,38 8,70 32,97 66,94 92,64 90,32 72,8 50,2 | 84,10 50,50 16,90",
        "60,4 30,4 10,30 4,66 26,96 58,97 86,72 96,36 80,8 46,8 | 92,4 50,50 8,96",
        "50,2 24,14 10,44 12,76 34,98 66,96 88,70 90,38 76,12 52,2 | 70,26 50,50 30,74",
        "46,0 20,12 6,44 10,78 36,99 70,96 92,66 92,32 74,8 48,0 | 98,2 52,46 4,88",
    ), 0.72),
    # a narrow 0
    GlyphVariant(0, 1.6, (
        "52,0 22,16 8,46 12,80 44,100 78,88 94,58 90,22 68,4 48,0",
        "46,2 14,24 6,56 22,88 56,99 86,80 94,46 84,16 60,0 40,4",
        "56,2 26,10 8,40 10,72 36,98 70,94 92,64 92,30 74,6 50,2",
    ), 0.4),
)
# fmt: on

ALL_VARIANTS = (*GLYPH_VARIANTS, *MORE_VARIANTS)
