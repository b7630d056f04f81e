"""Sample tables and save lists as other programs write them."""

import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import FileError, InputError

SAMPLES = pd.DataFrame({"reaction": [0.1, 0.3], "fatigue[East]": [0.2, 0.25]})


@pytest.mark.parametrize(
    ("ending", "mark"), [("csv", ","), ("tab", "\t"), ("txt", "\t"), ("x", ";")]
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_delimiter_is_found_by_content(tmp_path, ending, mark, encoding):
    path = tmp_path / f"s.{ending}"
    path.write_bytes(SAMPLES.to_csv(sep=mark, index=False, lineterminator="\r\n").encode(encoding))
    pd.testing.assert_frame_equal(sd.read_samples(path), SAMPLES)


def test_names_with_commas_in_a_tabbed_table(tmp_path):
    path = tmp_path / "s.tab"
    path.write_text("weight[a,b]\tshare[c]\t\n0,5\t1\t\n0,25\t2\t\n")
    assert sd.read_samples(path).to_dict("list") == {"weight[a,b]": [0.5, 0.25], "share[c]": [1, 2]}


def test_a_blank_repeats_the_value_above_it_as_in_vensim(tmp_path):
    path = tmp_path / "s.tab"
    path.write_text("reaction\tfatigue\n0.1\t0.2\n\t0.3\n0.5\t\n")
    found = sd.read_samples(path)
    assert found["reaction"].tolist() == [0.1, 0.1, 0.5]
    assert found["fatigue"].tolist() == [0.2, 0.3, 0.3]
    path.write_text("reaction,fatigue\n0.1,0.2\n,0.3\n")
    with pytest.raises(InputError, match="not a finite number in row 1"):
        sd.load_model("richardson").run_ensemble(sd.read_samples(path))


def test_excel_and_parquet(tmp_path):
    path = tmp_path / "s.xlsx"
    SAMPLES.to_excel(path, index=False)
    pd.testing.assert_frame_equal(sd.read_samples(path), SAMPLES)
    path = tmp_path / "s.parquet"
    try:
        SAMPLES.to_parquet(path)
    except ImportError:
        path.write_bytes(b"PAR1")
        with pytest.raises(InputError, match="pip install pyarrow"):
            sd.read_samples(path)
    else:
        pd.testing.assert_frame_equal(sd.read_samples(path), SAMPLES)


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        sd.read_samples(tmp_path / "none.csv")
    for ending in ("csv", "xlsx"):
        path = tmp_path / f"s.{ending}"
        path.write_bytes(b"")
        with pytest.raises(InputError, match="not a table"):
            sd.read_samples(path)


def test_a_save_list_picks_outputs(tmp_path):
    model = sd.load_model("richardson")
    path = tmp_path / "few.lst"
    path.write_text("! what matters\nspending[East]\n\nSPENDING[state]\n; more\narming\n")
    names = sd.read_savelist(tmp_path / "few", model)
    assert names == ["spending[East]", "SPENDING", "arming"]
    run = model.run(outputs=names, times=[0, 1])
    assert set(run.data_vars) == {"spending_East", "spending", "arming"}


def test_a_subrange_in_a_save_list_stands_for_its_elements(tmp_path):
    text = "who: a, b, c ~~|\nsome: b, c ~~|\nx[who] = INTEG(1, 0) ~~|\n"
    control = "INITIAL TIME=0 ~~|\nFINAL TIME=1 ~~|\nTIME STEP=1 ~~|\nSAVEPER=1 ~~|\n"
    (tmp_path / "m.mdl").write_text("{UTF-8}\n" + text + control)
    (tmp_path / "m.lst").write_text("x[some]\n")
    model = sd.load_model(tmp_path / "m.mdl")
    assert sd.read_savelist(tmp_path / "m.lst", model) == ["x[b]", "x[c]"]


def test_unknown_names_in_a_save_list_are_told_together(tmp_path):
    path = tmp_path / "bad.lst"
    path.write_text("spendin\nspending\nspending[Est]\n")
    with pytest.raises(InputError) as caught:
        sd.read_savelist(path, sd.load_model("richardson"))
    first, second = str(caught.value).splitlines()
    assert first == "bad.lst, line 1: No output 'spendin'. Did you mean 'spending'?"
    assert second.startswith("bad.lst, line 3: No state 'Est'")
    path.write_text("! nothing\n")
    with pytest.raises(InputError, match="empty"):
        sd.read_savelist(path, sd.load_model("richardson"))
