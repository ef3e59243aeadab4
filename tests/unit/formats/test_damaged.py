"""Files with wrong values anywhere are read as far as they can be, or refused by name."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import GrokTreeError
from grok_tree.formats import Document, Skipped, read_all, write
from tests.unit.formats._damage import Sample, damages
from tests.unit.formats._samples import names
from tests.unit.formats._sound import check_sound

FORMATS = ("pyloom", "loomsidian", "exoloom", "bonsai", "logitloom", "sillytavern")
SAMPLES = [Sample(name) for name in names(*FORMATS) if "(merged)" not in name]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@given(data=st.data())
def test_wrong_values_are_read_or_refused_but_never_crash(
    sample: Sample, data: st.DataObject
) -> None:
    content = data.draw(damages(sample))
    try:
        found = list(read_all(io.BytesIO(content), sample.name.split("/")[0]))
    except GrokTreeError:
        return
    for one in found:
        if isinstance(one, Document):
            check_sound(one)
            assert write(one.forest, io.BytesIO(), "pyloom") == len(one.responses)
        else:
            assert isinstance(one, Skipped)
