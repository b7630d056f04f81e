"""Continuation of roots: normal forms with known special points, over plain arrays."""

from __future__ import annotations

import numpy as np
import pytest

from secdil_sd.analysis.tipping.continuation.diagram import draw_up
from secdil_sd.analysis.tipping.continuation.family import Family, at_value, correct
from secdil_sd.analysis.tipping.continuation.roots import find_roots
from secdil_sd.analysis.tipping.continuation.walk import BOUNDS, CLOSED, INFINITY, RANGE, follow

SEARCHED = (0.13, 0.31, 0.77)


def family(rates, entries=1, low=-9.0, high=9.0):
    return Family(rates, np.full(entries, low), np.full(entries, high))


def diagram(form):
    starts = np.random.default_rng(0).uniform(-2, 2, (len(form.low), 24))
    return draw_up(form, {value: find_roots(form, starts, value) for value in SEARCHED})


def mu(p):
    """The parameter of a normal form, from -1 to 1."""
    return 2 * p - 1


def hopf(z, p):
    square = z[0] ** 2 + z[1] ** 2
    return np.stack([mu(p) * z[0] - z[1] - z[0] * square, z[0] + mu(p) * z[1] - z[1] * square])


FORMS = {
    "fold": (lambda z, p: mu(p) - z * z, 1, {"fold": [0.5]}, 1),
    "transcritical": (lambda z, p: mu(p) * z - z * z, 1, {"transcritical": [0.5]}, 2),
    "pitchfork": (lambda z, p: mu(p) * z - z**3, 1, {"branch": [0.5]}, 2),
    "subcritical": (
        lambda z, p: mu(p) * z + z**3 - z**5,
        1,
        {"branch": [0.5], "fold": [0.375, 0.375]},  # mu = -1/4
        2,
    ),
    "s-shape": (
        lambda z, p: mu(p) + z - z**3,
        1,
        {"fold": [0.5 - 1 / np.sqrt(27), 0.5 + 1 / np.sqrt(27)]},
        1,
    ),
    "hopf": (hopf, 2, {"oscillation": [0.5]}, 1),
    "isola": (lambda z, p: mu(p) ** 2 + z * z - 0.25, 1, {"fold": [0.25, 0.75]}, 1),
}


@pytest.mark.parametrize("name", FORMS)
def test_normal_forms(name):
    rates, entries, special, curves = FORMS[name]
    found = diagram(family(rates, entries))
    assert len(found.curves) == curves
    assert found.complete
    kinds = {each.special.kind for each in found.events}
    assert kinds == set(special)
    for kind, places in special.items():
        own = sorted(e.special.spot.x[-1] for e in found.events if e.special.kind == kind)
        np.testing.assert_allclose(own, places, atol=1e-8)


def test_stability_along_the_pitchfork():
    found = diagram(family(FORMS["pitchfork"][0]))
    for curve in found.curves:
        for each in curve.spots:
            z, value = each.x[0], mu(each.x[-1])
            if abs(z) > 0.02 or abs(value) > 0.02:
                assert (each.unstable == 0) == (value - 3 * z * z < 0)


def test_every_point_of_a_curve_is_a_root_and_neighbors_are_near():
    form = family(FORMS["s-shape"][0])
    curve = diagram(form).curves[0]
    points = np.stack([each.x for each in curve.spots], axis=1)
    assert np.abs(form.rates(points[:-1], points[-1])).max() < 1e-12
    assert np.hypot(*np.diff(points)).max() < 0.06


def test_crossing_curves_know_each_other():
    (event,) = diagram(family(FORMS["transcritical"][0])).events
    assert {event.curve, event.meets} == {0, 1}


def test_curves_say_why_they_end():
    line = family(lambda z, p: p - z, low=-1.0, high=0.5)
    curve = follow(line, np.array([0.2, 0.2]), [])
    assert [each.reason for each in curve.ends] == [RANGE, BOUNDS]
    np.testing.assert_allclose(curve.spots[-1].x, [0.5, 0.5], atol=1e-9)
    pole = family(lambda z, p: 1 - (0.5 - p) * z, low=-1e9, high=1e9)
    curve = follow(pole, np.array([2.0, 0.0]), [])
    assert curve.ends[1].reason == INFINITY
    assert curve.spots[-1].x[-1] == pytest.approx(0.5, abs=1e-3)
    ring = follow(family(FORMS["isola"][0]), np.array([0.5, 0.5]), [])
    assert {each.reason for each in ring.ends} == {CLOSED}


def test_where_the_slope_breaks_at_the_end_of_the_range_it_is_reached_all_the_same():
    root = family(lambda z, p: np.sqrt(p) - z)
    curve = follow(root, np.array([0.5, 0.25]), [])
    assert [each.reason for each in curve.ends] == [RANGE, RANGE]
    assert curve.spots[0].x[-1] < 1e-6


def test_curves_land_on_values_asked_for():
    form = family(FORMS["s-shape"][0])
    curve = follow(form, np.append(find_roots(form, np.array([[2.0]]), 0.5)[0], 0.5), [0.4, 0.6])
    landed = [each.x[0] for each in curve.spots if each.x[-1] == 0.4]
    np.testing.assert_allclose(np.sort(landed), np.sort(np.roots([-1, 0, 1, -0.2])), atol=1e-10)


def test_two_curves_that_never_meet_are_both_found():
    form = family(lambda z, p: (z - 2 - p) * (z + 2 + p))
    found = diagram(form)
    assert len(found.curves) == 2
    assert not found.events


def test_where_several_branch_off_at_once_it_says_so():
    """Three that shut each other out: two odd modes stop dying out together at 2 exp(-4 x) = 1."""

    def rates(z, p):
        others = z.sum(axis=0) - z
        return mu(p) - z + np.exp(-2 * others)

    form = family(rates, 3)
    found = draw_up(form, {1.0: find_roots(form, np.full((3, 1), 1.0), 1.0)})
    (event,) = found.events
    even = np.log(2) / 4
    assert (event.special.kind, event.special.other) == ("branch", None)
    np.testing.assert_allclose(event.special.spot.x[:3], even, atol=1e-8)
    assert mu(event.special.spot.x[-1]) == pytest.approx(even - 0.5, abs=1e-8)
    assert not found.complete


def test_a_function_without_complex_form_gets_a_difference():
    def rates(z, p):
        with np.errstate(all="ignore"):
            broken = np.where(np.iscomplex(p), np.nan, np.real(p) ** 2)
        return broken - z

    _, slope = family(rates).slopes(np.array([0.1, 0.3]))
    np.testing.assert_allclose(slope, [[-1.0, 0.6]], rtol=1e-9)


def test_newton_says_when_it_does_not_arrive():
    nowhere = family(lambda z, p: 1 + z * z + 0 * p)
    assert correct(nowhere, np.array([0.5, 0.5]), np.array([0.0, 1.0])) is None
    assert at_value(nowhere, np.array([0.5, 0.5]), 0.2) is None
    assert find_roots(nowhere, np.array([[0.5, -3.0]]), 0.2) == []
