"""Tokens of JavaScript, with TypeScript's parser as the judge."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.web.bundle.javascript import compact, tokens
from spritenet.web.table import STATIC

OURS = sorted(path for path in STATIC.rglob("*.js"))
SNIPPETS = {
    "slashes": "const a = b / c / d; const r = /[/\\]]+\\//g.test(x) / 2; return_(/x/);",
    "after words": "const f = () => { return /a\\/b/u; }; typeof /x/; x.of / 2; a = b.length / c",
    "a regex after signs": "f(/'/, /\"/, [/`/], x ? /a/ : /b/, !/c/)",
    "divided brackets": "(a) / b / c; a[0] / b / c; `x` / 2 / y; 'x' / 2 / z",
    "templates": "`a ${b + `c ${{ d: `}` }.d} /* no comment */`} // none\n   kept   `",
    "dollars": "`$ $$ ${'$'} \\${x} \\` ${`${1}`}${2}`; const $ = 1, $a = $",
    "strings": "'//' + \"/*\" + 'it\\'s' + '\\\\' + \"\\\"\" // comment 'x\n",
    "comments": "a /* b */ = /* c\n */ d // e\n/* f */ g()",
    "semicolons left out": "let a = 1\n;[a, b] = [b, a]\nf()\n(a)\nb\n++a\nreturn_\n/x/\n",
    "line breaks that matter": "async\nfunction f() {}\nx => y\nlabel: for (;;) { break\nlabel }\n",
    "plus and minus": "a + +b; a - -b; a+ ++b; a++ + b; a - --b; - -a; a-- -b",
    "private": "class A { #x = 1; get y() { return this.#x } static { } 'quoted' () {} }",
    "numbers": "1_000 .toFixed(); 0x1F; 1e-7; 1.5e+3; 1..toString(); .5 + 1.; 10n ** 2n",
    "modern": "a ??= b?.c ?? d?.[0]; a ||= b; ({ ...c }); f?.(x) ? .5 : 1; a **= 2; a >>>= 1",
    "letters": "const größe = 'ä→' + `🙂`; größe",
}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_the_tokens_of_our_modules_are_the_modules(path: Path) -> None:
    """Nothing is lost, and every bracket closes."""
    source = path.read_text(encoding="utf-8")
    found = tokens(source)
    assert "".join(token.text for token in found) == source
    assert found[-1].depth == 0


@given(st.lists(st.sampled_from(list(SNIPPETS.values())), max_size=5))
def test_tokens_joined_are_the_source(parts: list[str]) -> None:
    """Whatever follows what."""
    source = "\n".join(parts)
    assert "".join(token.text for token in tokens(source)) == source


@given(st.text(alphabet="a1 \n'\"`$\\{}()[]/*+-;,.=>!?", max_size=60))
def test_any_text_is_taken_apart_or_refused(source: str) -> None:
    """It ends, loses nothing, and fails in no other way."""
    try:
        found = tokens(source)
    except ValueError:
        return
    assert "".join(token.text for token in found) == source


def test_compact_programs_are_the_same_programs(node: str, tfjs_folder: Path) -> None:
    """TypeScript sees the same tree in all our modules, and in what is hard to take apart."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in OURS} | SNIPPETS
    texts = [(name, text, compact(tokens(text))) for name, text in sources.items()]
    done = subprocess.run(
        [node, "same_program.mjs"],
        cwd=tfjs_folder,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []


def test_the_judge_sees_differences(node: str, tfjs_folder: Path) -> None:
    """A changed operator, name, string, or a statement that runs into the next."""
    texts = [
        ("operator", "a + b", "a - b"),
        ("prefix", "+a", "-a"),
        ("name", "a.b", "a.c"),
        ("string", "'a'", "'b'"),
        ("template", "`a${b}c`", "`a${b}d`"),
        ("number", "1", "2"),
        ("let", "let a", "const a = 1"),
        ("joined", "a\n(b)", "a;(b)"),
        ("same", "a;b // c", "a\nb"),
    ]
    done = subprocess.run(
        [node, "same_program.mjs"],
        cwd=tfjs_folder,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [name for name, *_ in texts if name != "same"]


def test_comments_go_and_licences_stay() -> None:
    """Space goes too, where nothing depends on it."""
    source = """
    /*! Some licence */
    // a comment
    const a = {  // another
      b: 1, /* and another */ c: [ 2 , 3 ],
    };
    f( a );
    """
    assert compact(tokens(source)) == "/*! Some licence */\nconst a={b:1,c:[2,3],};f(a);"


@pytest.mark.parametrize("source", ["`never ends", "`${", "(", "f(]", "}", "`${a"])
def test_a_program_that_does_not_end_is_refused(source: str) -> None:
    """Instead of guessed at."""
    with pytest.raises(ValueError, match=r"never ends|pair"):
        tokens(source)
