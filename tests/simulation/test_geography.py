"""Worlds of states: the tables are sound, and contact follows from them."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pytest

import secdil_sd as sd
from secdil_sd import bundle

PERMANENT_MEMBERS = {"China", "France", "Russia", "United Kingdom", "United States"}
LAND_NEIGHBOURS = {  # counted on a map, homelands only
    "Russia": 14,
    "China": 14,
    "Brazil": 9,
    "Democratic Republic of the Congo": 9,
    "Germany": 9,
    "France": 8,
    "Turkey": 8,
    "India": 6,
    "Portugal": 1,
    "Lesotho": 1,
    "Japan": 0,
    "New Zealand": 0,
}


def table(name):
    with bundle.path("data", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def everybody():
    return sd.world(len(table("states.csv")))


def level(world, one, other):
    return world.contact[world.states.index(one), world.states.index(other)]


def test_the_tables_name_each_state_and_each_pair_once():
    states, pairs = table("states.csv"), table("contiguity.csv")
    names = {row["state"] for row in states}
    assert len(names) == len({row["code"] for row in states}) == len(states) == 195
    assert {name for row in pairs for name in (row["state_a"], row["state_b"])} <= names
    assert all(row["state_a"] < row["state_b"] for row in pairs)
    assert max(Counter((row["state_a"], row["state_b"]) for row in pairs).values()) == 1
    assert {row["kind"] for row in pairs} == {"land", "water"}
    assert {row["major"] for row in states} == {"yes", "no"}


@pytest.mark.parametrize(("state", "count"), LAND_NEIGHBOURS.items())
def test_known_numbers_of_land_neighbours(state, count):
    rows = [row for row in table("contiguity.csv") if row["kind"] == "land"]
    assert sum(state in (row["state_a"], row["state_b"]) for row in rows) == count


@pytest.mark.parametrize("count", [2, 10, 50, 150, 195])
def test_contact_is_symmetric_and_nobody_is_in_contact_with_itself(count):
    contact = sd.world(count).contact
    assert contact.shape == (count, count)
    assert (contact == contact.T).all()
    assert not np.diag(contact).any()
    assert contact.min() == 0
    assert contact.max() == 1


@pytest.mark.parametrize("count", [2, 10, 50, 150, 195])
def test_every_state_is_reached_from_the_first(count):
    reached = np.eye(count)[0] > 0
    for _ in range(count):
        reached = reached | (sd.world(count).contact @ reached > 0)
    assert reached.all()


def test_major_powers_come_first_and_then_those_with_most_neighbours(everybody):
    assert set(everybody.majors) >= PERMANENT_MEMBERS
    assert everybody.states[: len(everybody.majors)] == everybody.majors
    assert sd.world(2).states == ("China", "Russia")
    assert sd.world(50).states == everybody.states[:50]
    land_or_water = everybody.contact >= 0.5
    counts = land_or_water.sum(axis=1)[len(everybody.majors) :]
    assert (np.diff(counts) <= 0).all()


def test_levels_by_what_lies_between(everybody):
    assert level(everybody, "India", "Pakistan") == 1
    assert level(everybody, "China", "Taiwan") == 0.5
    assert level(everybody, "Iran", "Saudi Arabia") == 0.5
    assert level(everybody, "United States", "Bolivia") == 0.25
    assert level(everybody, "Bolivia", "Chad") == 0


def test_levels_are_the_users():
    asked = sd.world(["France", "Spain", "Chad", "Tunisia"], land=0.8, water=0.4, major=0.1)
    assert asked.majors == ("France",)
    assert asked.contact[0].tolist() == [0, 0.8, 0.1, 0.1]
    assert asked.contact[3].tolist() == [0.1, 0, 0, 0]


def test_without_far_reaching_powers_a_remote_island_is_alone(everybody):
    world = sd.world(len(everybody.states), major=0)
    assert not world.contact[world.states.index("Iceland")].any()


def test_names_are_found_however_spelled():
    assert sd.world(["north korea", "South_Korea"]).states == ("North Korea", "South Korea")


@pytest.mark.parametrize(
    ("states", "levels", "sentence"),
    [
        (1, {}, "A world of 1 states. Ask for 2 to 195."),
        (196, {}, "A world of 196 states"),
        (["India"], {}, "fewer than two"),
        (["Inda", "Pakistan"], {}, r"No state 'Inda'. Did you mean 'India'"),
        (["India", "india"], {}, "'India' is given 2 times"),
        (1, {"water": 2}, r"A world of 1 states(.|\n)*water is 2"),
    ],
)
def test_what_makes_no_world(states, levels, sentence):
    with pytest.raises(sd.InputError, match=sentence):
        sd.world(states, **levels)


def test_a_model_takes_a_world():
    world = sd.world(10)
    model = sd.load_model("security_dilemma").with_subscripts(state=world.states)
    run = model.run({"contact": world.contact}, times=[0, 5], outputs=["spending", "attention"])
    assert run["spending"].sizes == {"time": 2, "state": 10}
    assert run["attention"].sel(state="China", rival="Russia", time=5) > 0
    assert np.isfinite(run["spending"]).all()


def test_the_world_of_a_result_cannot_change_behind_its_back():
    with pytest.raises(ValueError, match="read-only"):
        sd.world(2).contact[0, 1] = 0
