"""Policy: doses and costs whose answers are known, honest failures, and mistakes of users."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

import secdil_sd as sd
from secdil_sd.analysis.policy.levers import Lever, read_levers
from secdil_sd.analysis.policy.openings import begin
from secdil_sd.analysis.policy.optimize import Archive, evolve
from secdil_sd.analysis.policy.plans import moved_series, plans
from secdil_sd.analysis.policy.remedies import ENOUGH, NONE
from secdil_sd.analysis.policy.response import changes, respond
from secdil_sd.analysis.policy.schools import read_schools
from secdil_sd.analysis.policy.search import _search
from secdil_sd.analysis.policy.trimming import drop, scale
from secdil_sd.analysis.policy.worlds import uncertain
from secdil_sd.analysis.shares import wilson
from secdil_sd.analysis.space import space
from secdil_sd.errors import InputError

RACE = {"reaction[East,West]": (0.1, 0.5), "reaction[West,East]": (0.1, 0.5)}
TRAP = {  # MODEL.md 4.8 and 6: peace and race coexist; a push tips the first into the second
    "buildup alarm": 3,
    "revelation strength": 4,
    "transparency": 0.18,
    "grievance share": 0.0006,
    "initial spending": 11.045101361124203,
    "settled start": 1,
    "arming shock amplitude.East": 10,
}


@dataclass
class Known:
    """Worlds in closed form: kept where pull of the doses reaches a threshold, NaN if it fails."""

    pull: tuple[float, ...]
    thresholds: np.ndarray
    ceiling: float = np.inf
    fails: tuple[int, ...] = ()
    asked: list[int] = field(default_factory=list)

    @property
    def count(self):
        return len(self.thresholds)

    def kept(self, levers, doses, world):
        self.asked.append(len(world))
        pull = np.array(self.pull) @ doses
        kept = (pull >= self.thresholds[world]) & (pull <= self.ceiling)
        return np.where(np.isin(world, self.fails), np.nan, kept.astype(float))


def levers(*weights):
    return [
        Lever(f"lever {k}", f"lever {k}", (f"lever {k}",), np.zeros(1), 0.0, 1.0, weight)
        for k, weight in enumerate(weights)
    ]


def order_statistic(values, share):
    """The smallest value that at least a share of the values do not exceed."""
    return np.sort(values)[int(np.ceil(share * len(values) - 1e-9)) - 1]


@pytest.fixture(scope="module")
def race():
    return sd.load_model("richardson")


# ---------------------------------------------------------------------- closed forms


def test_wilson_against_scipy():
    from scipy.stats import binomtest

    low, high = wilson([0, 7, 40], [40, 40, 40])
    for k, kept in enumerate((0, 7, 40)):
        own = binomtest(kept, 40).proportion_ci(method="wilson")
        assert (low[k], high[k]) == pytest.approx((own.low, own.high), abs=1e-12)


def test_restraint_in_richardson_is_a_quantile(race):
    """R = sqrt(kl/ab): moved toward 0 from where each world has them, k and l cross at 1 - 1/R."""
    found = sd.remedies(race, uncertainties=RACE, n=64, seed=3, tolerance=1e-4)
    assert found.uncertainties == tuple(RACE)
    gain = np.sqrt(space(race, RACE).draw(64, 3).prod(axis=1)) / 0.2
    critical = np.clip(1 - 1 / gain, 0, None)
    row = found.table.set_index("remedy").loc["reassurance by restraint"]
    assert row["dose"] == pytest.approx(order_statistic(critical, 0.9), abs=1e-4)
    assert row["dose_low"] < row["dose"] < row["dose_high"]
    assert found.status_quo[0] == pytest.approx((gain < 1).mean())
    assert row["verdict"] == ENOUGH
    assert row["note"] == "the model has no grievance share"
    assert "of the way to 0 from where each world has it" in row["amount"]


def test_the_search_finds_the_known_optimum(race):
    """Fatigue of both must pass sqrt(kl): the cheapest is that order statistic over worlds."""
    found = sd.search_policy(race, ["fatigue"], RACE, n=128, seed=3, budget=30_000)
    need = np.sqrt(space(race, RACE).draw(128, 3).prod(axis=1))
    exact = (order_statistic(need, 0.9) - 0.2) / (0.6 - 0.2)
    assert found.reached
    assert exact <= found.cost <= exact + 0.01
    assert found.share[0] >= 0.9
    assert found.policy["after"].iloc[0] == pytest.approx(0.2 + 0.4 * found.cost)
    assert found.amount == f"fatigue of both from 0.2 to {round(0.2 + 0.4 * found.cost, 3):g}"
    # the front is the whole distribution of need, level by level
    for row in found.front.iloc[1:].itertuples():
        level = (order_statistic(need, row.target) - 0.2) / 0.4
        assert level - 1e-9 <= row.cost <= level + 0.02
    assert found.front["cost"].is_monotonic_increasing
    assert found.front["share"].is_monotonic_increasing
    low, high = found.validated_share[1:]
    assert low <= 0.9 + 0.08 and high >= 0.9 - 0.08


def test_cheap_levers_are_chosen_and_idle_ones_left_alone():
    """Linear costs on linear effects: everything on the lever with the most pull for its price."""
    rng = np.random.default_rng(0)
    worlds = Known((1.0, 0.9, 0.3), rng.uniform(0.2, 0.8, 64))
    archive = Archive(worlds, levers(1.0, 0.5, 0.3), 400 * 64)
    archive.run(np.zeros((1, len(archive.levers))))
    begin(archive, 0.9, 20)
    evolve(archive, 0.9, 200, rng)
    drop(archive, 0.9)
    scale(archive, archive.doses[archive.cheapest(0.9)], (0.9,))
    best = archive.doses[archive.cheapest(0.9)]
    exact = order_statistic(worlds.thresholds, 0.9) / 0.9
    assert best[0] == best[2] == 0
    assert exact <= best[1] <= exact + 0.01
    assert archive.runs <= 400 * 64


def test_a_pair_is_found_where_each_alone_is_dear():
    """Kept where the product of two doses suffices; a third lever does it alone at a high price."""

    class Product(Known):
        def kept(self, levers, doses, world):
            pull = np.maximum(doses[0] * doses[1], doses[2])
            return (pull >= self.thresholds[world]).astype(float)

    worlds = Product((), np.full(32, 0.25))
    for seed in range(3):
        archive = Archive(worlds, levers(1.0, 1.0, 6.0, 1.0, 1.0), 150 * 32)
        _search(archive, 0.9, np.random.default_rng(seed))
        assert 1.0 <= archive.costs[archive.cheapest(0.9)] <= 1.06  # 2 sqrt(.25), against 1.5


class Frozen(Known):
    """The threat factor of MODEL.md at frozen spending: reaction x intent x means x ease < 1."""

    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        gain = np.sqrt(rng.uniform(0.03, 0.9, count) * rng.uniform(0.03, 0.9, count)) / 0.2
        super().__init__((), gain)
        self.bias, self.alarm = rng.uniform(0, 1.5, count), rng.uniform(0, 1.5, count)

    def kept(self, levers, doses, world):
        openness, arms, posture, sensibility = doses
        balance = 0.5 + 1.5 * np.minimum(posture, 0) + 0.5 * np.maximum(posture, 0)
        share = 1 / (1 + np.exp(-2.5 * (balance - 1 - sensibility)))
        odds = (self.bias + 0.9 * self.alarm)[world] * (1 - openness) - 3 * openness
        odds = odds + arms * (2 * share - 1)
        gain = self.thresholds[world] * np.exp(0.8 * balance) * 0.8
        gain = gain * 4 / (1 + np.exp(-odds)) * (0.5 + arms * (share - 0.5))
        return (gain < 1).astype(float)


def test_the_search_comes_near_an_optimum_found_by_force():
    """Openness alone, arms with posture or arms with sensibility: three ways out, one cheapest."""
    worlds = Frozen(100, 0)
    grid = np.linspace(0, 1, 51)
    first, second = (each.ravel() for each in np.meshgrid(grid, grid))
    none = np.zeros_like(first)
    ways = {
        "posture": np.array([none, first, -second, none]),
        "sensibility": np.array([none, first, none, second]),
        "openness": np.array([first, none, -second, none]),
    }
    here = np.arange(100)
    for weights in ((1, 1, 1, 1), (3, 1, 1, 1), (3, 1, 1, 0.2)):
        prices = np.array(weights, dtype=float)
        least = np.inf
        for doses in ways.values():
            shares = (
                worlds.kept(None, np.repeat(doses, 100, axis=1), np.tile(here, doses.shape[1]))
                .reshape(-1, 100)
                .mean(axis=1)
            )
            enough = shares >= 0.9
            least = min(least, (np.abs(doses).T @ prices)[enough].min(initial=np.inf))
        some = [replace(each, low=-float(k == 2)) for k, each in enumerate(levers(*prices))]
        for seed in (1, 2, 3):
            archive = Archive(worlds, some, 150 * 100)
            _search(archive, 0.9, np.random.default_rng(seed))
            assert archive.costs[archive.cheapest(0.9)] <= 1.03 * least


def test_policies_that_cannot_be_accepted_are_not_run():
    rng = np.random.default_rng(0)
    worlds = Known((1.0, 1.0), rng.uniform(0.2, 0.8, 16))
    archive = Archive(worlds, levers(1.0, 1.0), 10_000)
    archive.run(np.zeros((1, len(archive.levers))))
    begin(archive, 0.9, 20)
    opened = len(worlds.asked)
    evolve(archive, 0.9, 200, rng)
    generations = [each // 16 for each in worlds.asked[opened:]]
    assert max(generations) <= 10
    assert np.mean(generations) < 7  # ten a generation; many would cost more than they replace


def test_one_mix_is_scaled_to_every_target():
    worlds = Known((1.0, 1.0), np.linspace(0.1, 1.0, 100))
    archive = Archive(worlds, levers(1.0, 1.0), 10_000)
    scale(archive, np.array([0.1, 0.2]), (0.5, 0.9, 1.0))
    for target in (0.5, 0.9, 1.0):
        exact = order_statistic(worlds.thresholds, target)
        assert exact - 1e-9 <= archive.costs[archive.cheapest(target)] <= exact + 0.02


@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30),
    st.floats(0.3, 1.0),
    st.floats(0.05, 1.0),
)
def test_a_response_counts_what_each_world_keeps(thresholds, ceiling, share):
    worlds = Known((1.0,), np.array(thresholds), ceiling)
    (found,), runs = respond(worlds, levers(1.0), np.ones((1, 1)), steps=4, tolerance=1e-3)
    assert runs == sum(worlds.asked)
    doses = np.linspace(0, 1, 5)
    expected = [((dose >= worlds.thresholds) & (dose <= ceiling)).mean() for dose in doses]
    assert found.share(doses).tolist() == pytest.approx(expected)
    smallest = found.smallest(share)
    if np.isfinite(smallest):
        assert found.share(np.array([smallest]))[0] >= share - 1e-9
        assert smallest >= order_statistic(worlds.thresholds, share) - 1e-9
    assert found.monotone == bool((~found.gained).sum() == 0)


def test_more_can_be_worse_and_is_said_to_be():
    """Kept between .3 and .7 only: gained, lost again, and never kept in full."""
    worlds = Known((1.0,), np.full(10, 0.3), 0.7)
    (found,), _ = respond(worlds, levers(1.0), np.ones((1, 1)), tolerance=1e-3)
    assert found.smallest(0.9) == pytest.approx(0.3, abs=2e-3)
    assert not found.monotone
    assert not found.end.any()
    assert found.share(np.array([0.5, 0.75])).tolist() == [1.0, 0.0]


def test_failed_members_count_as_not_kept():
    worlds = Known((1.0,), np.zeros(10), fails=(2, 5))
    (found,), _ = respond(worlds, levers(1.0), np.ones((1, 1)))
    assert found.share(np.array([1.0]))[0] == pytest.approx(0.8)
    assert found.failed == 2 * 6  # at every dose that was looked at
    archive = Archive(worlds, levers(1.0), 1000)
    assert archive.run(np.ones((1, 1)))[0] == pytest.approx(0.8)
    assert archive.failed == 2


def test_the_interval_of_a_dose_covers_a_known_quantile():
    """Worlds uniform on 0 to 1: the interval covers .9 about as often as it says."""
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(60):
        dose = np.sort(rng.random(100))
        world = np.arange(100)
        found = changes(np.zeros(100, bool), world, dose, np.ones(100, bool), 0)
        again = found.resampled(0.9, rng, 300)
        covered.append(np.quantile(again, 0.025) <= 0.9 <= np.quantile(again, 0.975))
    assert np.mean(covered) >= 0.85


# ---------------------------------------------------------------------- MODEL.md


@pytest.fixture(scope="module")
def defaults():
    times = range(0, 401, 4)
    return (
        sd.load_scenario("four_worlds")
        .cases["W1"]
        .replace(params={"offense defense balance": 0.0}, times=times)
    )


def remedy(found, name):
    return found.table.set_index("remedy").loc[name]


def test_transparency_that_calms_the_defaults(defaults):
    """MODEL.md: peak Rs 1.12 at T0 = 0 and .97 at .2; the root by SciPy on single runs."""

    def above(openness):
        run = defaults.run(params={"transparency": openness}, outputs=["peak spiral number"])
        return float(run["peak_spiral_number"]) - 1

    root = brentq(above, 0.0, 0.2, xtol=1e-3)
    found = sd.remedies(defaults, uncertainties=[], tolerance=1e-3)
    assert found.worlds == 1
    dose = remedy(found, "transparency of motive")["dose"]
    assert 0 < dose < 0.2
    assert dose == pytest.approx(root, abs=2.5e-3)


def test_the_worlds_are_left_as_the_model_says():
    """MODEL.md 6: from W1 (peak 1.61) W2 is reached by posture, W3 by distinguishable arms."""
    w1 = sd.load_scenario("four_worlds").cases["W1"].replace(times=range(0, 401, 4))
    found = sd.remedies(w1, uncertainties=[])
    assert found.status_quo[0] == 0
    posture, arms, both = (
        remedy(found, name)["dose"]
        for name in (
            "defensive posture alone", "distinguishable arms alone",
            "defensive posture, told apart",
        )
    )  # fmt: skip
    assert 0 < posture < 1.0 / 1.5  # b from .5 to -.5, of -1
    assert 0 < arms < 0.9
    assert both < min(posture, arms)
    blind = remedy(found, "security dilemma sensibility")
    assert blind["verdict"] == NONE
    assert np.isnan(blind["dose"])
    assert blind["amount"] == NONE


def test_what_keeps_the_trap_from_tipping():
    """MODEL.md 6: with amplitude 10, s=.3, T0=.3, I=.6 or b=-.3 on both prevent tipping."""
    trap = sd.load_model("security_dilemma")
    case = (
        sd.load_scenario("four_worlds").cases["W1"].replace(params={"offense defense balance": 0.0})
    )
    params = {name.replace(".East", ".A"): value for name, value in TRAP.items()}
    case = case.replace(params=params, times=range(0, 401, 4))
    assert trap.name == case.model.name
    found = sd.remedies(case, keep="burden final < 0.03", uncertainties=[])
    assert found.status_quo[0] == 0
    for name, enough in {
        "security dilemma sensibility": 0.3,
        "transparency of motive": (0.3 - 0.18) / (1 - 0.18),
        "interaction and community": 0.6,
        "defensive posture alone": 0.3,
    }.items():
        assert 0 < remedy(found, name)["dose"] <= enough, name


# ---------------------------------------------------------------------- levers


def test_levers_move_all_states_or_one():
    case = sd.load_scenario("regime_dyads").cases["dem-aut"]
    both, one = read_levers(case, ["democracy", "transparency.B"], {"transparency[B]": 3})
    assert both.columns == ("democracy[A]", "democracy[B]")
    moved = both.values(np.array([0.5, -0.5]), both.own[:, None])
    assert moved.tolist() == [pytest.approx([0.95, 0.45]), pytest.approx([0.55, 0.05])]
    assert (one.columns, one.reach, one.weight) == (("transparency[B]",), (0.0, 1.0), 3.0)
    (scalar,) = read_levers(case, {"offense defense balance": (-0.5, 0.5)})
    assert scalar.reach == (-1.0, 1.0)


def test_a_series_is_moved_year_by_year():
    case = sd.load_scenario("cold_war")
    schools = [each for each in read_schools().remedies if "democracy" in each.levers]
    ((both,), _) = plans(case, schools)
    assert both.series == {"democracy": 1.0}
    half = moved_series(case, both, 0.5)["democracy"]
    assert np.allclose(half, (case.params["democracy"] + 1) / 2)
    ((alone,), _) = plans(case, schools, "Soviet Union")
    full = moved_series(case, alone, 1.0)["democracy"]
    assert (full["Soviet Union"] == 1).all()
    assert full["United States"].equals(case.params["democracy"]["United States"])


def test_one_state_alone():
    case = sd.load_scenario("four_worlds").cases["W1"].replace(times=range(0, 101, 4))
    found = sd.remedies(case, uncertainties=[], who="a")
    assert found.who == "A"
    assert "defensive posture alone" in found.skipped["remedy"].tolist()
    assert "not one state's to move" in found.skipped["reason"].iloc[0]
    both = sd.remedies(case, uncertainties=[])
    one = remedy(found, "transparency of motive")["dose"]
    assert np.isnan(one) or one >= remedy(both, "transparency of motive")["dose"]


# ---------------------------------------------------------------------- honest results


def test_no_feasible_policy(race):
    found = sd.search_policy(
        race, {"fatigue": (0.05, 0.25)}, {"reaction": (0.3, 0.5)}, n=16, budget=2000
    )
    assert not found.reached
    assert found.best_share == found.share[0] < 0.9
    assert "No policy found" in found.finding
    assert "Closest policy" in str(found) or found.cost == 0


def test_same_seed_same_answer_whatever_the_workers(race):
    settings = {"levers": ["fatigue"], "uncertainties": RACE, "n": 32, "budget": 4000}
    one, two, other = (
        sd.search_policy(race, seed=seed, chunk=256, client=client, **settings)
        for seed, client in ((5, None), (5, 2), (6, None))
    )
    pd.testing.assert_frame_equal(one.front, two.front)
    pd.testing.assert_frame_equal(one.tried, two.tried)
    assert one.validated_share == two.validated_share
    assert not one.front.equals(other.front)
    first, second = (sd.remedies(race, uncertainties=RACE, n=32, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.provenance == second.provenance
    assert one.provenance["draws"] == two.provenance["draws"] != other.provenance["draws"]
    assert one.provenance["values"] == first.provenance["values"]


def test_results_are_written_and_told(race, tmp_path):
    found = sd.search_policy(race, ["fatigue"], RACE, n=32, budget=4000)
    assert list(pd.read_csv(found.save(tmp_path / "front.csv"))) == list(found.to_dataframe())
    assert '"finding"' in found.save(tmp_path / "all.json").read_text()
    told = str(found)
    assert "in fresh worlds" in told and "<- asked for" in told and "runs" in told
    cure = sd.remedies(race, uncertainties=RACE, n=32)
    assert len(pd.read_csv(cure.save(tmp_path / "cure.csv"))) == len(cure.table)
    assert "reassurance by restraint (Kydd)" in str(cure)


# ---------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"levers": ["fatige"]}, "'fatige'.*'fatigue'"),
        ({"levers": []}, "There are no levers"),
        ({"levers": ["initial spending"]}, "no range"),
        ({"levers": ["fatigue", "fatigue.East"]}, "move the same number"),
        ({"levers": ["fatigue"], "uncertainties": ["fatigue.East"]}, "lever and an uncertainty"),
        ({"levers": {"fatigue": (0.3, 0.6)}}, "does not hold the case's own value 0.2"),
        ({"levers": {"fatigue": (0.6, 0.1)}}, "fatigue"),
        ({"share": 0}, "share is 0"),
        ({"share": 1.2}, "share is 1.2"),
        ({"n": 0}, "n is 0"),
        ({"keep": "spending"}, "not a comparison"),
        ({"keep": "spendng < 3"}, "Did you mean 'spending'"),
        ({"minimise": "burden"}, "cannot be minimised"),
        ({"costs": {"reaction": 2}}, "No lever 'reaction'"),
        ({"costs": {"fatigue": -1}}, "not negative"),
        ({"budget": 10}, "budget"),
    ],
)
def test_mistakes_of_a_search(race, settings, said):
    with pytest.raises(InputError, match=f"(?s){said}"):
        sd.search_policy(race, **{"levers": ["fatigue"], "uncertainties": RACE, **settings})


def test_mistakes_are_told_together(race):
    with pytest.raises(InputError) as caught:
        sd.search_policy(race, ["fatige"], ["nonsense"], keep="x", share=2, n=-1)
    assert len(caught.value.findings) >= 5


def test_a_lever_in_a_constraint_is_refused():
    case = sd.load_scenario("four_worlds").cases["W1"]
    with pytest.raises(InputError, match="stands in the constraint 'revelation strength >="):
        sd.search_policy(case, ["revelation strength"], ["worst case bias"])


def test_what_one_state_moves_stays_uncertain_for_the_other():
    case = sd.load_scenario("cold_war")
    (alone,) = read_levers(case, ["transparency.Soviet Union"])
    names = uncertain(case, None, alone.moved).names
    assert "transparency[United States]" in names
    assert "transparency[Soviet Union]" not in names
    (both,) = read_levers(case, ["transparency"])
    assert not [each for each in uncertain(case, None, both.moved).names if "transp" in each]


def test_a_series_is_no_lever():
    with pytest.raises(InputError, match="series over time"):
        sd.search_policy(sd.load_scenario("cold_war"), ["democracy"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"share": True}, "share is True"),
        ({"who": "Wst"}, "'Wst'.*'West'"),
        ({"keep": "nonsense < 1"}, "nonsense"),
        ({"who": "West", "uncertainties": ["fatige"]}, "fatigue"),
    ],
)
def test_mistakes_of_remedies(race, settings, said):
    with pytest.raises(InputError, match=f"(?s){said}"):
        sd.remedies(race, **settings)


def test_a_scenario_with_cases_needs_one():
    with pytest.raises(InputError, match="has cases W1"):
        sd.remedies(sd.load_scenario("four_worlds"))


def test_a_model_without_levers_is_told_what_to_name(tmp_path):
    path = tmp_path / "tank.mdl"
    path.write_text(
        "level = INTEG(-rate*level, 10) ~ ~ |\nrate = 0.1 ~ 1/year [0,1] ~ |\n"
        "INITIAL TIME = 0 ~ ~ |\nFINAL TIME = 5 ~ ~ |\nTIME STEP = 1 ~ ~ |\nSAVEPER = 1 ~ ~ |\n",
        encoding="utf-8",
    )
    tank = sd.load_model(path)
    with pytest.raises(InputError, match=r"none of the usual levers.*rate"):
        sd.search_policy(tank, keep="level final < 5")
    with pytest.raises(InputError, match="No remedy can be tried"):
        sd.remedies(tank, keep="level final < 5", uncertainties=[])
    found = sd.search_policy(tank, ["rate"], [], keep="level final < 1", budget=300)
    assert 0.1 + 0.9 * found.cost == pytest.approx(np.log(10) / 5, abs=0.01)


def test_single_schools_can_be_asked():
    found = sd.remedies(
        sd.load_model("security_dilemma"), n=8, uncertainties=[], schools=["jervis"], tolerance=0.1
    )
    assert set(found.table["school"]) == {"Jervis"}
    with pytest.raises(InputError, match=r"'Jervs'.*Jervis"):
        sd.remedies(sd.load_model("security_dilemma"), n=8, schools=["Jervs"])
