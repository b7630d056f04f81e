"""The essay's claims against MODEL.md's published numbers, and what must fail must fail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.propositions import judging
from secdil_sd.analysis.propositions.book import Book, book
from secdil_sd.analysis.propositions.knockout import as_matrix, dependence, needed, outcome
from secdil_sd.analysis.propositions.predicates import INTERACTIONS, PREDICATES, needs
from secdil_sd.analysis.propositions.runs import Columns, Worlds, load_dyad, run_treatments
from secdil_sd.analysis.propositions.testing import hanging_on_one, plausible_space
from secdil_sd.errors import InputError

BALANCE = "offense defense balance"
FAILING = {"P1 essay", "P10 essay", "P16 essay", "P21 literature"}
"""What the text of the model says fails at its defaults; everything else holds."""

# Section 6 of the model's text: treatment, output, value, tolerance (half the last digit printed).
PUBLISHED = [
    ("W1", "reaction gain final", 2.07, 0.005),
    ("W1", "peak spiral number", 1.61, 0.005),
    ("W1", "burden.A final", 0.133, 0.0005),
    ("W1", "war probability at 50", 0.571, 0.0005),
    ("W2", "peak spiral number", 0.78, 0.005),
    ("W2", "war probability at 50", 0.221, 0.0005),
    ("W3", "peak spiral number", 0.82, 0.005),
    ("W3", "war probability at 50", 0.173, 0.0005),
    ("W4", "reaction gain final", 0.07, 0.005),
    ("W4", "security.A final", 0.98, 0.005),
    ("two democracies", "peak spiral number", 0.23, 0.005),
    ("two democracies", "war probability at 50", 0.025, 0.0005),
    ("democracy and autocracy", "peak spiral number", 1.07, 0.005),
    ("democracy and autocracy", "war probability at 50", 0.238, 0.0005),
    ("two autocracies", "peak spiral number", 1.12, 0.005),
    ("two autocracies", "war probability at 50", 0.364, 0.0005),
    ("democracy and autocracy, anyone can read", "peak spiral number", 0.44, 0.005),
    ("balance -1", "reaction gain final", 0.51, 0.005),
    ("balance -0.5", "reaction gain final", 0.85, 0.005),
    ("balance 0", "war probability at 50", 0.404, 0.0005),
    ("balance 0.5", "war probability at 50", 0.571, 0.0005),
    ("as it is", "peak spiral number", 1.12, 0.005),
    ("transparent", "reaction gain final", 0.07, 0.005),
    ("more open", "peak spiral number", 0.84, 0.005),
    ("as it is", "hostility belief.A.B final", 0.91, 0.005),
    ("B open", "hostility belief.A.B final", 0.05, 0.005),
    ("B revisionist", "hostility belief.A.B final", 0.92, 0.005),
    ("B revisionist and open", "hostility belief.A.B final", 0.95, 0.005),
    ("one revisionist", "war probability at 50", 0.608, 0.0005),
    ("two revisionists", "war probability at 50", 0.710, 0.0005),
    ("no suspicion", "burden.A final", 0.0724, 0.0001),
    ("no suspicion", "war probability at 50", 0.318, 0.0005),
    ("no suspicion, bound", "war probability at 50", 0.144, 0.0005),
    ("as it is", "war probability at 5", 0.015, 0.0005),
    ("preemptive", "war probability at 5", 0.115, 0.0005),
    ("half preemptive", "burden.A final", 0.0197, 0.0001),
    ("distant democracy", "burden.A final", 0.010, 0.0005),
    ("near democracy", "burden.A final", 0.123, 0.0005),
    ("strangers, .3", "security community.A.B final", 0.045, 0.0005),
    ("friends, .3", "security community.A.B final", 0.893, 0.0005),
]


@pytest.fixture(scope="module")
def defaults():
    """Every run of every claim, at the defaults."""
    wanted = {}
    for claim in book().claims:
        for treatment, outputs in needs(claim.predicate).items():
            wanted.setdefault(treatment, set()).update(outputs)
    return run_treatments(book(), Worlds.at_defaults(book()), wanted)


@pytest.fixture(scope="module")
def found():
    return sd.propositions(n=32, seed=1)


@pytest.fixture(scope="module")
def discounted():
    """P21 in worlds that differ in the audience discount alone."""
    space = {"audience discount": (0, 1)}
    return sd.propositions(n=64, seed=1, ids="P21", parameters=space)


def column(result, name):
    return dict(zip(result.table["claim"], result.table[name], strict=True))


def knocked_out(result, claim):
    own = result.knockouts[result.knockouts["claim"] == claim]
    return dict(zip(own["mechanism"], own["outcome"], strict=True))


def judged(name, values):
    """Apply a predicate to given numbers: by (treatment, output), or one number for all."""
    constant = not isinstance(values, dict)
    with np.errstate(all="ignore"):
        answer = PREDICATES[name](
            lambda treatment, output: np.array([values if constant else values[treatment, output]])
        )
    return np.asarray(answer, dtype=float)[0]


# the claims as data


def test_every_claim_is_there_with_its_source_label_and_both_readings():
    table = sd.claims()
    assert set(table["id"]) == {f"P{k}" for k in range(1, 33)}
    twice = table.groupby("id")["reading"].apply(set)
    for number, readings in twice.items():
        expected = {"essay", "literature"} if number in ("P1", "P10", "P16", "P21") else {""}
        assert readings == expected, number
    assert set(table["label"]) == {"built in", "emergent", "touches data"}
    for name in ("quote", "statement", "test", "source", "because", "section", "note"):
        assert table[name].str.len().min() > 0, name


def test_every_predicate_is_used_and_reads_runs_that_exist():
    named = [claim.predicate for claim in book().claims]
    assert sorted(named) == sorted(PREDICATES)
    for claim in book().claims:
        assert set(needs(claim.predicate)) <= set(book().treatments), claim.key


def test_every_treatment_is_used():
    used = {t for claim in book().claims for t in (*needs(claim.predicate), *claim.show.runs)}
    assert used == set(book().treatments)


def test_what_is_drawn_has_a_range_and_what_is_knocked_out_exists():
    names = {name.replace("_", " ") for name in load_dyad(book()).constants.index}
    assert set(load_dyad(book()).companion.uncertain) <= names
    for name, mechanism in book().mechanisms.items():
        assert set(mechanism.neutral) <= names, name


# at the defaults


@pytest.mark.parametrize(
    ("treatment", "output", "value", "tolerance"), PUBLISHED, ids=lambda each: str(each)
)
def test_runs_give_the_published_numbers(defaults, treatment, output, value, tolerance):
    assert defaults(treatment, output)[0] == pytest.approx(value, abs=tolerance)


def answers(draws):
    """What B adds for each dollar A adds, in each world."""
    wanted = {t: {f"spending.{s} final" for s in "AB"} for t in ("as it is", "A arms")}
    runs = run_treatments(book(), Worlds(draws, ({},) * len(draws)), wanted)
    a, b = (
        runs("A arms", f"spending.{s} final") - runs("as it is", f"spending.{s} final")
        for s in "AB"
    )
    return b / a


def test_reaction_slopes_of_arduous_conquest():
    balances = pd.DataFrame({"offense defense balance": [-0.5, -1.0, -2.0]})
    np.testing.assert_allclose(answers(balances), [0.72, 0.53, 0.23], atol=0.006)


def test_the_note_on_the_way_to_arduous_conquest():
    """From -.5 to -1 to -2 the answer falls at each step in about three worlds of four only."""
    draws = plausible_space(book()).draw(256, 1)
    steps = [answers(draws.assign(**{BALANCE: b})) for b in (-0.5, -1.0, -2.0)]
    falling = (steps[0] > steps[1]) & (steps[1] > steps[2])
    assert 0.65 < falling.mean() < 0.82


def test_security_gained_by_arming_in_the_four_worlds():
    """The published gains with the rival frozen and free: only in W3 does arming cost security."""
    balance, distinct = (0.5, -0.5, 0.5, -0.5), (0.0, 0.0, 0.9, 0.9)
    four = pd.DataFrame({"offense defense balance": balance, "distinguishability": distinct})
    wanted = needs("reaction_erodes_gain")
    runs = run_treatments(book(), Worlds(four, ({},) * 4), wanted)
    actual, frozen = (
        runs(f"settled, A arms{manner}", "security.A final")
        - runs(f"settled{manner}", "security.A final")
        for manner in ("", ", B does not answer")
    )
    np.testing.assert_allclose(frozen, [0.0018, 0.0213, 0.0171, 0.0070], atol=6e-5)
    np.testing.assert_allclose(actual, [0.0012, 0.0036, -0.0007, 0.0063], atol=6e-5)
    assert PREDICATES["arming_costs_security"](runs).tolist() == [False, False, True, False]
    assert PREDICATES["reaction_erodes_gain"](runs).all()


def test_what_holds_and_fails_at_the_defaults(found):
    holds = column(found, "holds_at_defaults")
    assert {claim for claim, each in holds.items() if each is False} == FAILING
    assert all(each in (True, False) for each in holds.values())


def test_a_peaceful_opaque_pair_is_in_danger_but_not_doomed(defaults):
    war = defaults("as it is", "war probability at 50")[0]
    assert war == pytest.approx(0.404, abs=0.0005)  # so "bound to occur" must fail
    assert not judged("war_is_bound_to_occur", war)


# predicates that can fail


def test_where_nothing_has_an_effect_only_claims_of_sameness_hold():
    passing = {name for name in PREDICATES if judged(name, 1.0) == 1}
    assert passing == {
        "no_era", "arduous_conquest_leaves_intensity", "war_is_bound_to_occur",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mixed", "holds"), [(1.07, True), (0.44, False), (1.0, False), (np.nan, False)]
)
def test_the_mixed_pair_decides_regimes(mixed, holds):
    peaks = {"two democracies": 0.23, "democracy and autocracy": mixed, "two autocracies": 1.12}
    values = {(pair, "peak spiral number"): peak for pair, peak in peaks.items()}
    assert judged("only_democracies_escape", values) == holds


def test_a_claim_about_spirals_is_silent_where_there_is_none():
    values = {f"spending.{s} initial": 10.0 for s in "AB"}
    values |= {f"spending.{s} final": 80.0 for s in "AB"}

    def claim(spiral_number):
        outputs = {**values, "spiral number initial": spiral_number}
        run = {("uneven start", output): value for output, value in outputs.items()}
        return judged("spiral_grows_to_balance", run)

    assert np.isnan(claim(0.9))
    assert claim(1.1) == 1


def test_openness_needs_the_constraint_on_revelation():
    """P18 fails where revelation is weaker than suspicion: designs must respect the constraint."""
    weak = {"worst case bias": 1.5, "buildup alarm": 4.0}
    drawn = [{**weak, "revelation strength": 2.0}, {**weak, "revelation strength": 5.5}]
    worlds = Worlds(pd.DataFrame(drawn), ({}, {}))
    runs = run_treatments(book(), worlds, needs("openness_reveals"))
    assert PREDICATES["openness_reveals"](runs).tolist() == [False, True]


@pytest.mark.parametrize(("slope", "holds"), [(0.5, False), (0.02, False), (0.009, True)])
def test_only_the_limit_decides_arduous_conquest(slope, holds):
    values = {
        (f"balance -40{a}", f"spending.{s} final"): 0.0 for a in ("", ", A arms") for s in "AB"
    }
    values["balance -40, A arms", "spending.A final"] = 2.0
    values["balance -40, A arms", "spending.B final"] = 2.0 * slope
    assert judged("arduous_conquest_ends_reaction", values) == holds


def path(place, ends, earlier=None):
    """Communities that end alike at every interaction but one."""
    values = {}
    for origin, default, end in zip(("strangers", "friends"), (0.5, 0.5), ends, strict=True):
        for each in INTERACTIONS:
            last = end if each == place else default
            output = "security community.A.B"
            values[f"{origin}, {each}", f"{output} final"] = last
            values[f"{origin}, {each}", f"{output} at 450"] = last if earlier is None else earlier
    return judged("path_dependence", values)


@pytest.mark.parametrize("place", INTERACTIONS)
def test_the_past_may_decide_at_any_interaction_but_must_have_settled(place):
    assert path(place, (0.05, 0.9)) == 1
    assert path(place, (0.5, 0.55)) == 0
    assert path(place, (0.05, 0.9), earlier=0.3) == 0


def test_the_past_decides_mostly_where_community_weighs_more_than_four():
    """With beliefs that only community moves it takes an effect above 4 exactly (4.7 of the text);
    the build-up loop adds a little, and a grid of interactions can only miss some."""
    found = sd.propositions(n=128, seed=2, ids="P31")
    weight = next(name for name in found.worlds if name.startswith("community effect"))
    above = found.worlds[weight] > 4
    assert found.worlds["P31"][above].mean() > 0.65
    assert found.worlds["P31"][~above].mean() < 0.3


# knockouts


def test_audience_discount_delivers_the_claim_on_regimes(found):
    assert knocked_out(found, "P21 essay")["audience discount"] == "fails"
    assert "audience discount" in column(found, "needs")["P21 essay"]


@pytest.mark.parametrize("claim", ["P3", "P26"])
def test_a_knockout_that_outgrows_the_economy_tells_nothing(found, claim):
    """Without a ceiling the defaults have no rest (reaction gain 1.37): the burden passes 1."""
    assert knocked_out(found, claim)["saturation"] == "not testable"


def test_without_a_ceiling_the_world_of_offense_told_apart_spirals_within_bounds():
    """What the note on the four worlds says beside the knockout that cannot be tested."""
    outputs = {"peak burden", "peak spiral number"}
    held = (book().mechanisms["saturation"].neutral,)
    runs = run_treatments(book(), Worlds.at_defaults(book(), held), {"W1": outputs, "W3": outputs})
    assert runs("W1", "peak burden").max() > 1 > runs("W3", "peak burden").max()
    assert runs("W3", "peak spiral number")[0] == pytest.approx(1.06, abs=0.005)


@pytest.mark.parametrize("claim", ["P29", "P30", "P31", "P32"])
def test_without_community_its_claims_are_gone(found, claim):
    outcomes = knocked_out(found, claim)
    assert outcomes["community"] != "holds"
    needs_it = claim == "P29"  # the others begin with a community, so without it they are no test
    assert (outcomes["community"] == "fails") == needs_it
    assert ("community" in column(found, "needs")[claim]) == needs_it


def test_a_mechanism_whose_constant_is_what_varies_makes_a_claim_untestable(found):
    expected = {"P28": "sensibility", "P24": "binding", "P27": "transparency", "P2": "anarchy bias"}
    for claim, mechanism in expected.items():
        assert knocked_out(found, claim)[mechanism] == "not testable"


def test_only_the_build_up_alarm_makes_benign_states_spiral(found):
    assert column(found, "needs")["P19"] == "build-up alarm"
    assert column(found, "depends_on")["P19"].startswith(
        "depends on one mechanism only: build-up alarm"
    )


def test_only_failing_without_a_mechanism_counts_as_hanging_on_it(found):
    alone = dict(hanging_on_one(found.table)[["claim", "needs"]].itertuples(index=False))
    assert alone == {
        "P10 literature": "build-up alarm", "P11": "ease of conquest", "P12": "posture",
        "P13": "build-up alarm", "P15": "ease of conquest", "P16 literature": "ease of conquest",
        "P19": "build-up alarm", "P20": "posture", "P24": "anarchy bias", "P28": "build-up alarm",
    }  # fmt: skip
    for claim, mechanism in alone.items():
        outcomes = knocked_out(found, claim)
        assert [each for each, what in outcomes.items() if what == "fails"] == [mechanism]
    assert f"; {len(alone)} hang on a single mechanism" in found.finding


def test_a_knockout_overrides_draws_and_treatments():
    mechanism = book().mechanisms["transparency"]
    both = Worlds(pd.DataFrame({"regime transparency effect": [0.5, 0.5]}), ({}, mechanism.neutral))
    treatment = book().treatments["B open"]
    members = Columns(load_dyad(book()), both, [treatment]).members(treatment, {})
    assert members["transparency[B]"].tolist() == [1.0, 0.0]
    assert members["transparency[A]"].tolist() == [0.0, 0.0]
    assert members["regime transparency effect"].tolist() == [0.5, 0.0]


def test_outcomes_and_dependence_in_words():
    claim = next(each for each in book().claims if each.id == "P19")
    posture = book().mechanisms["posture"]
    assert outcome(claim, posture, 1.0, True, 0.9) == "holds"
    assert outcome(claim, posture, 0.0, True, 0.9) == "fails"
    assert outcome(claim, posture, np.nan, True, 0.9) == "not testable"
    assert outcome(claim, posture, 1.0, False, 0.9) == "not testable"
    assert outcome(claim, posture, 0.0, True, 1.0) == "not testable"
    assert outcome(claim, posture, 0.0, True, np.inf) == "not testable"
    assert dependence(True, ["a", "b"], ["holds", "holds"]) == "survives every knockout"
    assert dependence(True, ["a", "b"], ["fails", "fails"]) == "needs a and b"
    assert (
        dependence(True, ["a", "b"], ["fails", "not testable"])
        == "depends on one mechanism only: a; not testable without b"
    )
    assert needed(True, ["a", "b"], ["fails", "not testable"]) == ("a",)
    assert needed(False, ["a", "b"], ["fails", "holds"]) == ()
    assert dependence(False, ["a", "b"], ["fails", "holds"]) == "fails; holds without b"


def test_the_matrix_is_complete(found):
    matrix = as_matrix(found.knockouts)
    assert matrix.shape == (len(book().claims), len(book().mechanisms))
    assert not matrix.isna().any().any()


# shares


def test_shares_stand_inside_their_intervals_and_nothing_is_lost(found):
    table = found.table
    assert ((table["conf_low"] <= table["share"]) & (table["share"] <= table["conf_high"])).all()
    assert (table["n"] + table["failed"] + table["outside"] == 32).all()
    assert column(found, "outside")["P6"] > 0
    for claim in table["claim"]:
        own = found.worlds[claim].dropna()
        assert own.mean() == pytest.approx(column(found, "share")[claim])


def test_every_world_keeps_the_constraint(found):
    w = found.worlds
    assert (w["revelation strength"] >= w["worst case bias"] + w["buildup alarm"] - 1e-12).all()


def test_the_audience_discount_decides_the_mixed_pair(discounted):
    """The published critical audience discount: peak spiral number passes 1 at .78."""
    row = discounted.deciding.iloc[0]
    assert row["parameter"] == "audience discount"
    assert row["threshold"] == pytest.approx(0.78, abs=0.02)
    assert (row["share_below"], row["share_above"]) == (0.0, 1.0)
    assert column(discounted, "rule")["P21 essay"].startswith(
        "Holds unless audience discount is below 0.7"
    )
    assert column(discounted, "share")["P21 essay"] == pytest.approx(0.22, abs=0.02)
    assert column(discounted, "verdict")["P21 literature"] == "fails"


def test_the_same_seed_gives_the_same_worlds_whoever_solves_them(discounted):
    space = {"audience discount": (0, 1)}
    again = sd.propositions(n=64, seed=1, ids=["p21"], parameters=space, client=2)
    pd.testing.assert_frame_equal(again.table, discounted.table)
    pd.testing.assert_frame_equal(again.worlds, discounted.worlds)
    other = sd.propositions(n=64, seed=2, ids="P21", parameters=space)
    assert not np.allclose(other.worlds["audience discount"], again.worlds["audience discount"])


def test_wilson_interval_as_published():
    """Newcombe (1998), table I: 81 of 263 and 0 of 20."""
    assert judging.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert judging.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


@pytest.mark.parametrize(
    ("yes", "no", "failed", "verdict"),
    [
        (2048, 0, 0, "holds everywhere"),
        (2047, 1, 0, "holds mostly"),
        (32, 0, 0, "holds mostly"),  # too few worlds to say everywhere
        (300, 200, 0, "holds sometimes"),
        (2, 500, 0, "fails"),
        (16, 16, 0, "cannot tell"),  # the interval is wider than .3
        (400, 0, 100, "cannot tell"),  # a fifth failed
        (0, 0, 50, "cannot tell"),
    ],
)
def test_verdicts(yes, no, failed, verdict):
    holds = np.array([1.0] * yes + [0.0] * no + [1.0] * failed)
    ok = np.arange(len(holds)) < yes + no
    found = judging.share(holds, ok)
    assert (found.n, found.failed, found.verdict) == (yes + no, failed, verdict)


def test_what_decides_is_found_with_its_border_and_noise_is_not():
    rng = np.random.default_rng(3)
    draws = pd.DataFrame(rng.uniform(0, 1, (400, 20)), columns=[f"x{k}" for k in range(20)])
    table = judging.deciding(draws, (draws["x7"] < 0.3).astype(float).to_numpy())
    assert table["parameter"].tolist() == ["x7"]
    assert table["threshold"][0] == pytest.approx(0.3, abs=0.01)
    coin = judging.deciding(draws, rng.integers(0, 2, 400).astype(float))
    assert coin.empty


@pytest.mark.parametrize(
    ("below", "above", "sentence"),
    [
        (0.1, 1.0, "Holds unless x is below"),
        (0.98, 1.0, "More often where x is above"),
        (0.0, 0.7, "Holds only where x is above"),
        (0.0, 0.2, "Hardly ever, and then where x is above"),
        (0.9, 0.3, "More often where x is below"),
    ],
)
def test_what_decides_is_said_as_strongly_as_it_is(below, above, sentence):
    row = {"parameter": "x", "distance": 0.5, "threshold": 0.4}
    table = pd.DataFrame([{**row, "share_below": below, "share_above": above}])
    found = judging.share(np.array([1.0, 0.0]), np.ones(2, dtype=bool))
    assert judging.in_words(found, table).startswith(sentence)


# history


def test_history_is_asked_and_answers_either_way(found):
    data = column(found, "data")
    assert {claim for claim, text in data.items() if text} == {
        "P2", "P6", "P14", "P15", "P21 essay", "P27", "P28",
    }  # fmt: skip
    agrees, said = column(found, "data_agrees"), column(found, "history")
    assert agrees["P6"] is None  # a fit without any reaction misses hardly more
    assert said["P6"] == "cannot tell"
    assert "cannot tell reaction from routine" in data["P6"]
    assert agrees["P21 essay"] is False  # the Cold War's fitted values do not spiral
    assert agrees["P14"] is False
    assert agrees["P15"] is True
    assert said["P21 essay"] == said["P14"] == "disagrees"
    assert said["P1 essay"] == ""
    peak = float(
        sd.load_scenario("cold_war").run(outputs=["peak spiral number"])["peak_spiral_number"]
    )
    assert f"{peak:.2f}" in data["P21 essay"]


def test_the_printed_table_says_where_history_disagrees(found):
    lines = {line.split("  ")[0]: line for line in str(found).splitlines()}
    assert "  disagrees  " in lines["P21 essay"]
    assert "  cannot tell  " in lines["P6"]
    assert "disagrees with P2, P14, P21 essay, P27, P28; agrees with P15" in str(found)


def test_claims_touch_data_if_and_only_if_history_is_asked(found):
    touching = {claim for claim, label in column(found, "label").items() if label == "touches data"}
    assert touching == {claim for claim, text in column(found, "data").items() if text}
    record = book().model_dump()
    record["claims"][0]["label"] = "touches data"
    with pytest.raises(ValueError, match="P1 essay touches data if, and only if"):
        Book.model_validate(record)


def test_what_is_built_in_holds_nearly_everywhere(found):
    """Where one equation alone says it, hardly any world may say otherwise."""
    labels = column(found, "label")
    for claim, value in column(found, "share").items():
        assert value > 0.9 or labels[claim] != "built in", claim


# bad input


@pytest.mark.parametrize("n", [31, 0, -5, 2.5, True])
def test_too_few_worlds_are_refused(n):
    with pytest.raises(InputError, match=r"n is .*at least 32"):
        sd.propositions(n=n)


def test_unknown_claims_are_all_named():
    with pytest.raises(InputError) as caught:
        sd.propositions(n=32, ids=["P33", "P2", "freedom"])
    assert "'P33'" in str(caught.value)
    assert "'freedom'" in str(caught.value)
    assert "P1 to P32" in str(caught.value)


def test_no_claim_at_all_and_misspelt_options():
    with pytest.raises(InputError, match="No claim is asked for"):
        sd.propositions(n=32, ids=[])
    with pytest.raises(InputError, match="backend"):
        sd.propositions(n=32, backnd="numba")


# the result


def test_the_result_says_prints_and_saves(found, tmp_path):
    assert found.finding.startswith("32 of 36 claims")
    text = str(found)
    assert "P21 literature  fails" in text
    saved = pd.read_csv(found.save(tmp_path / "claims.csv"))
    assert saved["claim"].tolist() == found.table["claim"].tolist()
    assert found.save(tmp_path / "claims.json").stat().st_size > 10_000
    assert found.provenance["seed"] == "1"
