"""What each claim asks of its runs: from simulated outputs to true or false, world by world.

Every predicate

1. takes ``run``, which gives an output of a treatment in every world, and nothing else;
2. reads the same outputs whatever their values, so that one call on nothing tells what to run;
3. returns an array (world,) of bool, or of 1, 0 and NaN where a world lies outside the claim;
4. is never bent to make its claim pass: thresholds are those the claim states in its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from itertools import pairwise

import numpy as np

Run = Callable[[str, str], np.ndarray]
Predicate = Callable[[Run], np.ndarray]

NOISE = 1e-5
"""A relative change smaller than this is no change: the integration is exact to about 1e-6."""
SAME = 1e-4
"""Values this close, relatively, are the same."""
FAR_LESS = 0.5
"""Less than this share of another is "far less"."""
INTERACTIONS = (".01", ".02", ".04", ".07", ".12", ".2", ".3", ".45", ".7", "1")
"""How closely states interact where their past may decide: even steps of the logarithm."""

GAINS = ("reaction gain final", "peak spiral number")
"""A claim that the loop strengthens or weakens is tested on both."""


def rises(*values: np.ndarray) -> np.ndarray:
    """Say where each value exceeds the one before.

    >>> rises(np.array([1.0, 1.0]), np.array([2.0, 1.0])).tolist()
    [True, False]
    """
    return _all(b - a > NOISE * np.maximum(np.abs(a), np.abs(b)) for a, b in pairwise(values))


def falls(*values: np.ndarray) -> np.ndarray:
    """Say where each value lies below the one before."""
    return rises(*values[::-1])


def same(one: np.ndarray, other: np.ndarray, within: float = SAME) -> np.ndarray:
    """Say where two values agree, relatively."""
    return np.abs(one - other) <= within * np.maximum(np.abs(one), np.abs(other))


def each_output(test: Callable[..., np.ndarray], run: Run, names: tuple[str, ...],
                outputs: tuple[str, ...]) -> np.ndarray:  # fmt: skip
    """Say where a test of the runs, in order, holds for every output."""
    return _all(test(*(run(name, output) for name in names)) for output in outputs)


def arming_costs_security(run: Run) -> np.ndarray:
    """P1 as the essay reads it: arming ends in less security than before."""
    return falls(run("settled", "security.A final"), run("settled, A arms", "security.A final"))


def reaction_erodes_gain(run: Run) -> np.ndarray:
    """P1 as the literature reads it: the rival's answer makes the gain smaller."""
    answered, alone = (
        run(f"settled, A arms{manner}", "security.A final")
        - run(f"settled{manner}", "security.A final")
        for manner in ("", ", B does not answer")
    )
    return falls(alone, answered)


def anarchy_raises_conflict(run: Run) -> np.ndarray:
    """P2: fear, reaction, burden and war are all higher with suspicion."""
    outputs = ("hostility belief.A.B final", *GAINS, "burden.A final", "war probability at 50")
    return each_output(rises, run, ("no suspicion", "as it is"), outputs)


def arms_threaten_rival(run: Run) -> np.ndarray:
    """P3: A's arms lower B's security soon and in the end."""
    outputs = ("security.B at 5", "security.B final")
    return each_output(falls, run, ("as it is", "A arms"), outputs)


def openness_stops_spiral(run: Run) -> np.ndarray:
    """P4: the same arms in the open keep both gains below 1."""
    opened = "settled, then opened"
    return (run(opened, "reaction gain initial") < 1) & (run(opened, "peak spiral number") < 1)


def preemption_trades_arms_for_war(run: Run) -> np.ndarray:
    """P5: more preemption, lower burdens, nearer war."""
    steps = ("as it is", "half preemptive", "preemptive")
    return each_output(falls, run, steps, ("burden.A final",)) & each_output(
        rises, run, steps, ("war probability at 10",)
    )


def spiral_grows_to_balance(run: Run) -> np.ndarray:
    """P6: from a spiral number above 1 spending grows, and equals end equal."""
    a, b = (run("uneven start", f"spending.{state} final") for state in "AB")
    c, d = (run("uneven start", f"spending.{state} initial") for state in "AB")
    grown = rises(c + d, a + b) & same(a, b, within=0.01)
    return np.where(run("uneven start", "spiral number initial") > 1, grown, np.nan)


def reaction_brings_war(run: Run) -> np.ndarray:
    """P7: a stronger reaction raises the gain and the risk of war."""
    outputs = ("reaction gain final", "war probability at 50")
    return each_output(rises, run, ("as it is", "stronger reaction"), outputs)


def preemption_is_imminent(run: Run) -> np.ndarray:
    """P8: five times the early risk, on lower arms."""
    early = "war probability at 5"
    sooner = run("preemptive", early) >= 5 * run("as it is", early)
    return sooner & falls(run("as it is", "burden.A final"), run("preemptive", "burden.A final"))


def no_era(run: Run) -> np.ndarray:
    """P9: neither the date nor the money changes anything."""
    outputs = ("burden.A final", "hostility belief.A.B final", "war probability final")
    return each_output(same, run, ("as it is", "another era"), outputs) & each_output(
        same, run, ("as it is", "other money"), outputs
    )


def war_is_bound_to_occur(run: Run) -> np.ndarray:
    """P10 as the essay reads it: war within 50 years is all but certain."""
    return run("as it is", "war probability at 50") >= 0.95


def opaque_peace_is_dangerous(run: Run) -> np.ndarray:
    """P10 as the literature reads it: it spirals, and war is twice as likely."""
    war = "war probability at 50"
    likelier = run("as it is", war) >= 2 * run("transparent", war)
    return (run("as it is", "peak spiral number") > 1) & likelier


def structure_only(run: Run) -> np.ndarray:
    """P11: with regimes blind, only structure moves anything."""
    outputs = ("burden.A final", "hostility belief.A.B final", "war probability at 50")
    regimes = ("regime blind, autocracies", "regime blind, democracies")
    structure = (regimes[1], "regime blind, offense leads")
    return each_output(same, run, regimes, outputs) & each_output(
        rises, run, structure, ("burden.A final",)
    )


def strength_without_expansion(run: Run) -> np.ndarray:
    """P12: defense is bought, and in W4 it is cheap and safe."""
    defensive = run("as it is", "offensive procurement share.A final") < 0.5
    secure = run("W4", "security.A final") >= 0.9
    return (
        defensive
        & secure
        & (run("W4", "burden.A final") <= 1.5 * run("no rival", "burden.A final"))
    )


def interpretation_and_response(run: Run) -> np.ndarray:
    """P13: with beliefs frozen spending still answers, and the reverse."""
    frozen = ("beliefs frozen", "beliefs frozen, B arms")
    still = ("reaction frozen", "reaction frozen, B arms")
    return each_output(rises, run, frozen, ("spending.A final",)) & each_output(
        rises, run, still, ("hostility belief.A.B final",)
    )


def time_and_space(run: Run) -> np.ndarray:
    """P14: contact and events strengthen the loop."""
    nearer = each_output(rises, run, ("distant", "as it is"), GAINS)
    event = each_output(rises, run, ("quiet", "hostile event"), ("reaction gain at 22",))
    third = ("distant democracy", "near democracy")
    return nearer & event & each_output(rises, run, third, ("burden.A final",))


def easy_conquest_intensifies(run: Run) -> np.ndarray:
    """P15: everything rises with the ease of conquest."""
    steps = ("balance -0.5", "balance 0", "balance 0.5")
    return each_output(rises, run, steps, (*GAINS, "burden.A final", "war probability at 50"))


def arduous_conquest_leaves_intensity(run: Run) -> np.ndarray:
    """P16 as the essay reads it: the gain stays what it was."""
    gain = "reaction gain final"
    return same(run("balance 0", gain), run("balance -1", gain), within=0.05)


def arduous_conquest_ends_reaction(run: Run) -> np.ndarray:
    """P16 as the literature reads it: in the limit nobody answers."""
    added = {
        s: run("balance -40, A arms", f"spending.{s} final")
        - run("balance -40", f"spending.{s} final")
        for s in "AB"
    }
    return np.abs(added["B"] / added["A"]) < 0.01


def revisionists_make_trouble(run: Run) -> np.ndarray:
    """P17: calm without revisionists in the open, worse with each."""
    steps = ("as it is", "one revisionist", "two revisionists")
    burdens = [run(each, "burden.A final") + run(each, "burden.B final") for each in steps]
    calm = run("transparent", "peak spiral number") < FAR_LESS
    return calm & rises(*burdens) & each_output(rises, run, steps, ("war probability at 50",))


def openness_reveals(run: Run) -> np.ndarray:
    """P18: openness calms about the benign and alarms about the revisionist."""
    fear = ("hostility belief.A.B final",)
    return each_output(falls, run, ("as it is", "B open"), fear) & each_output(
        rises, run, ("B revisionist", "B revisionist and open"), fear
    )


def benign_states_spiral(run: Run) -> np.ndarray:
    """P19: status quo states that cannot see each other pass 1."""
    return run("as it is", "peak spiral number") > 1


def telling_arms_apart(run: Run) -> np.ndarray:
    """P20: it calms the peaceful and exposes the revisionist."""
    revisionist = ("A revisionist, arms look alike", "A revisionist, arms told apart")
    return each_output(falls, run, ("arms look alike", "arms told apart"), GAINS) & each_output(
        rises, run, revisionist, ("threat factor.B.A final",)
    )


def only_democracies_escape(run: Run) -> np.ndarray:
    """P21 as the essay reads it."""
    return _only_democracies_escape(run, "")


def only_democracies_escape_read_by_all(run: Run) -> np.ndarray:
    """P21 where anyone can read a parliament."""
    return _only_democracies_escape(run, ", anyone can read")


def _only_democracies_escape(run: Run, suffix: str) -> np.ndarray:
    pairs = ("two democracies", "democracy and autocracy", "two autocracies")
    calm, mixed, closed = (run(each + suffix, "peak spiral number") for each in pairs)
    return (calm < 1) & (mixed > 1) & (closed > 1)


def moves_read_as_threats(run: Run) -> np.ndarray:
    """P22: a move raises least suspicion between democracies."""

    def suspicion(pair: str, observer: str, mover: str) -> np.ndarray:
        """Log odds the observer adds for each unit of the mover's alarm."""
        belief, alarm = f"belief target.{observer}.{mover} initial", f"alarm.{mover} initial"
        before, after = f"{pair}, before", f"{pair}, move"
        return (run(after, belief) - run(before, belief)) / (run(after, alarm) - run(before, alarm))

    between = suspicion("two democracies", "A", "B")
    others = ("democracy and autocracy", "two autocracies")
    return _all(
        rises(between, suspicion(pair, *sides)) for pair in others for sides in ("AB", "BA")
    )


def scrutiny_calms(run: Run) -> np.ndarray:
    """P23: more scrutiny, a weaker loop between democracies."""
    return each_output(falls, run, ("closed parliaments", "open parliaments"), GAINS)


def binding_prevents_war(run: Run) -> np.ndarray:
    """P24: less war at equal arms, less fear where there was some."""
    trusting = ("no suspicion", "no suspicion, bound")
    equal_arms = each_output(same, run, trusting, ("burden.A final",))
    safer = each_output(falls, run, trusting, ("war probability at 50",))
    return (
        equal_arms
        & safer
        & each_output(falls, run, ("as it is", "bound"), ("hostility belief.A.B final",))
    )


def democracies_fight_others(run: Run) -> np.ndarray:
    """P25: democracies fight, but far less each other."""
    pairs = ("two democracies", "democracy and autocracy", "two autocracies")
    calm, mixed, closed = (run(each, "war probability at 50") for each in pairs)
    return (calm < FAR_LESS * mixed) & (mixed >= FAR_LESS * closed)


def four_worlds(run: Run) -> np.ndarray:
    """P26: W1 worst and alone above 1, W4 calmest."""
    outputs = (*GAINS, "burden.A final", "war probability at 50")
    ordered = each_output(falls, run, ("W1", "W2", "W4"), outputs) & each_output(
        falls, run, ("W1", "W3", "W4"), outputs
    )
    peak = {name: run(name, "peak spiral number") for name in ("W1", "W2", "W3", "W4")}
    return ordered & (peak["W1"] > 1) & _all(peak[name] < 1 for name in ("W2", "W3", "W4"))


def understanding_calms(run: Run) -> np.ndarray:
    """P27: more openness, a weaker loop."""
    return each_output(falls, run, ("as it is", "more open"), GAINS)


def sensibility_calms(run: Run) -> np.ndarray:
    """P28: everything falls when A sees itself, and more when both do."""
    steps = ("as it is", "A sees itself", "both see themselves")
    burdens = [run(each, "burden.A final") + run(each, "burden.B final") for each in steps]
    return falls(*burdens) & each_output(falls, run, steps, (*GAINS, "war probability at 50"))


def community_ends_war(run: Run) -> np.ndarray:
    """P29: full interaction builds a community with hardly any hazard."""
    hazard = "total war hazard final"
    close = run("full interaction", "security community.A.B final") > 0.5
    return close & (run("full interaction", hazard) < 0.1 * run("no interaction", hazard))


def community_removes_fear(run: Run) -> np.ndarray:
    """P30: fear and reaction near zero in a complete community."""
    fear = run("complete community", "hostility belief.A.B final")
    return (fear < 0.1) & _all(run("complete community", each) < 0.15 for each in GAINS)


def path_dependence(run: Run) -> np.ndarray:
    """P31: at some interaction the past decides the end."""

    def differ(interaction: str) -> np.ndarray:
        ends = {}
        for origin in ("strangers", "friends"):
            earlier, last = (run(f"{origin}, {interaction}", f"security community.A.B {when}")
                             for when in ("at 450", "final"))  # fmt: skip
            ends[origin] = np.where(np.abs(last - earlier) < 0.01, last, np.nan)
        return np.abs(ends["friends"] - ends["strangers"]) > 0.1

    return reduce(np.logical_or, (differ(each) for each in INTERACTIONS))


def alignment_lowers_hazard(run: Run) -> np.ndarray:
    """P32: half a community, half the hazard."""
    hazard = "total war hazard initial"
    return same(run("half allied", hazard), 0.5 * run("unallied", hazard), within=1e-6)


def _all(parts: Iterable[np.ndarray]) -> np.ndarray:
    return reduce(np.logical_and, parts)


PREDICATES: dict[str, Predicate] = {
    each.__name__: each
    for each in (
        arming_costs_security, reaction_erodes_gain, anarchy_raises_conflict,
        arms_threaten_rival, openness_stops_spiral, preemption_trades_arms_for_war,
        spiral_grows_to_balance, reaction_brings_war, preemption_is_imminent, no_era,
        war_is_bound_to_occur, opaque_peace_is_dangerous, structure_only,
        strength_without_expansion, interpretation_and_response, time_and_space,
        easy_conquest_intensifies, arduous_conquest_leaves_intensity,
        arduous_conquest_ends_reaction, revisionists_make_trouble, openness_reveals,
        benign_states_spiral, telling_arms_apart, only_democracies_escape,
        only_democracies_escape_read_by_all, moves_read_as_threats, scrutiny_calms,
        binding_prevents_war, democracies_fight_others, four_worlds, understanding_calms,
        sensibility_calms, community_ends_war, community_removes_fear, path_dependence,
        alignment_lowers_hazard,
    )
}  # fmt: skip
"""Every predicate by the name the file of claims gives it."""


def needs(name: str) -> dict[str, set[str]]:
    """Return the outputs a predicate reads, by treatment, found by calling it on nothing.

    >>> needs("benign_states_spiral")
    {'as it is': {'peak spiral number'}}
    """
    found: dict[str, set[str]] = {}

    def note(treatment: str, output: str) -> np.ndarray:
        found.setdefault(treatment, set()).add(output)
        return np.full(1, np.nan)

    PREDICATES[name](note)
    return found
