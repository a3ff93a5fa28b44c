"""From spaCy's analysis to CoNLL-U blocks."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from script_base import BAD_DATA, MISSING_INPUT, Fault, one_line


@Language.component("onset_one_sentence")
def one_sentence(doc: Doc) -> Doc:
    """Before the parser: the whole line is one sentence."""
    for token in doc:
        token.is_sent_start = token.i == 0
    return doc


def load_model(options: Namespace) -> Language:
    """The model with its parser, without what CoNLL-U does not show."""
    try:
        model = spacy.load(options.model, exclude=["ner"])
    except OSError:
        raise Fault(
            MISSING_INPUT,
            f"--model: {options.model!r} is no installed spaCy model (pip install it) and no folder of one",
        ) from None
    except (ValueError, ImportError) as error:
        raise Fault(BAD_DATA, f"--model: {options.model}: cannot be loaded: {error}") from error
    if "parser" not in model.pipe_names:
        raise Fault(BAD_DATA, f"--model: {options.model}: has no dependency parser")
    if options.sentences == "line":
        model.add_pipe("onset_one_sentence", first=True)
        for name in ("senter", "sentencizer"):
            if name in model.pipe_names:
                model.disable_pipe(name)
    return model


def words_of(sentence: Span) -> list[Token]:
    """The sentence's tokens but for whitespace, which CoNLL-U has no word for."""
    return [token for token in sentence if not token.is_space]


def head_of(token: Token, sentence: Span) -> Token | None:
    """The nearest ancestor in the sentence that is a word; None for the root."""
    head = token
    while head.head.i != head.i:
        head = head.head
        if not sentence.start <= head.i < sentence.end:
            return None
        if not head.is_space:
            return head
    return None


def conllu(sentence: Span, name: str) -> str:
    """One sentence as a CoNLL-U block; empty when it has no words."""
    words = words_of(sentence)
    if not words:
        return ""
    number = {token.i: i for i, token in enumerate(words, start=1)}
    heads = [head_of(token, sentence) for token in words]
    root = next(i for i, head in enumerate(heads) if head is None)
    out = [f"# sent_id = {name}", f"# text = {one_line(sentence.text, len(sentence.text) + 1)}"]
    for i, (token, head) in enumerate(zip(words, heads, strict=True)):
        # Only one root: any other word that lost its head to whitespace hangs on the first.
        at = 0 if i == root else root + 1 if head is None else number[head.i]
        relation = "root" if at == 0 else "dep" if head is None else token.dep_ or "dep"
        space = "_" if token.whitespace_ or i + 1 == len(words) or token.i + 1 != words[i + 1].i else "SpaceAfter=No"
        fields = [token.text, token.lemma_, token.pos_, token.tag_, str(token.morph)]
        out.append("\t".join([str(i + 1), *map(_field, fields), str(at), _field(relation), "_", space]))
    return "\n".join(out) + "\n\n"


def _field(text: str) -> str:
    return "_".join(text.split()) or "_"


def blocks(model: Language, lines: Iterator[tuple[str, int]], options: Namespace) -> Iterator[str]:
    """The file's blocks in the order of the text. sent_id is line.sentence, both from 1."""
    meta = (
        f"# generator = spaCy {spacy.__version__}, {model.meta['lang']}_{model.meta['name']} {model.meta['version']}\n"
    )
    docs = model.pipe(lines, as_tuples=True, batch_size=options.batch, n_process=options.processes)
    for doc, line in docs:
        for nth, sentence in enumerate(doc.sents, start=1):
            block = conllu(sentence, f"{line}.{nth}")
            if block:
                yield meta + block
                meta = ""
