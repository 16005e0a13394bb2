"""Mexican states, how they are found by what people write, and how near two places are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.knowledge.places import (
    REGIONS,
    STATES,
    InvalidCountry,
    Nearness,
    Place,
    UnknownState,
    find_state,
    nearness,
)

COUNTRIES = st.sampled_from([None, "MX", "US", "CL"])
US_STATES = st.sampled_from([None, "California", "CA", "texas", "Texas", "Nuevo México", "Ohio", ""])
MUNICIPALITIES = st.sampled_from([None, "León", "LEON", "Mérida", "Tijuana", ""])


@st.composite
def places(draw: st.DrawFn) -> Place:
    country = draw(COUNTRIES)
    states = st.sampled_from([None, *STATES]) if country == "MX" else US_STATES
    return Place(country, draw(states), draw(MUNICIPALITIES))


def in_mexico(state: str, municipality: str | None = None) -> Place:
    return Place("MX", find_state(state).code, municipality)


def test_there_are_32_states_with_consecutive_codes() -> None:
    assert list(STATES) == [f"{number:02d}" for number in range(1, 33)]
    assert all(state.code == code for code, state in STATES.items())


def test_the_seven_regions_hold_every_state_once() -> None:
    members = {key: sorted(s.name for s in STATES.values() if s.region == key) for key in REGIONS}
    assert members == {
        "noroeste": ["Baja California", "Baja California Sur", "Sinaloa", "Sonora"],
        "noreste": ["Chihuahua", "Coahuila", "Durango", "Nuevo León", "Tamaulipas", "Zacatecas"],
        "ciudad_de_mexico": ["Ciudad de México"],
        "occidente": ["Aguascalientes", "Colima", "Jalisco", "Michoacán", "Nayarit"],
        "centro": ["Estado de México", "Guanajuato", "Guerrero", "Morelos", "Querétaro", "San Luis Potosí"],
        "oriente": ["Hidalgo", "Oaxaca", "Puebla", "Tlaxcala", "Veracruz"],
        "sureste": ["Campeche", "Chiapas", "Quintana Roo", "Tabasco", "Yucatán"],
    }
    assert sum(map(len, members.values())) == 32


def test_every_region_names_its_coordinator() -> None:
    assert REGIONS["oriente"].name == "Oriente"
    assert REGIONS["oriente"].coordinator == "Universidad Veracruzana"
    assert all(region.key == key and region.coordinator for key, region in REGIONS.items())


def test_adjacency_is_symmetric_and_never_with_itself() -> None:
    for code, state in STATES.items():
        assert state.adjacent
        assert code not in state.adjacent
        assert all(code in STATES[neighbour].adjacent for neighbour in state.adjacent)


@pytest.mark.parametrize(
    ("name", "neighbours"),
    [
        ("Aguascalientes", {"14", "32"}),
        ("Baja California", {"03", "26"}),
        ("Ciudad de México", {"15", "17"}),
        ("Nuevo León", {"05", "24", "28", "32"}),
        ("Tlaxcala", {"13", "15", "21"}),
        ("Quintana Roo", {"04", "31"}),
    ],
)
def test_neighbours_are_those_of_the_map(name: str, neighbours: set[str]) -> None:
    assert find_state(name).adjacent == neighbours


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1", "01"),
        ("01", "01"),
        (" 9 ", "09"),
        ("32", "32"),
        ("CDMX", "09"),
        ("D.F.", "09"),
        ("distrito federal", "09"),
        ("México, D.F.", "09"),
        ("Edomex", "15"),
        ("Edo. Méx.", "15"),
        ("EDO DE MEXICO", "15"),
        ("N.L.", "19"),
        ("Q. Roo", "23"),
        ("Qro.", "22"),
        ("B.C.", "02"),
        ("BCS", "03"),
        ("SLP", "24"),
        ("Michoacán de Ocampo", "16"),
        ("Veracruz de Ignacio de la Llave", "30"),
        ("Coahuila de Zaragoza", "05"),
        ("YUCATAN", "31"),
        ("nuevo  leon", "19"),
        ("Queretaro\u0301", "22"),
    ],
)
def test_people_write_a_state_in_many_ways(text: str, code: str) -> None:
    assert find_state(text).code == code


@given(
    st.sampled_from(list(STATES)),
    st.sampled_from(["lower", "upper", "title"]),
    st.sampled_from(["", " ", ". "]),
)
def test_case_dots_and_spaces_do_not_count(code: str, case: str, padding: str) -> None:
    name: str = getattr(STATES[code].name, case)()
    assert find_state(padding + name.replace(" ", padding + " ") + padding) is STATES[code]


@pytest.mark.parametrize("text", ["México", "mexico", "MÉX.", "MX", " México "])
def test_mexico_alone_is_the_country(text: str) -> None:
    with pytest.raises(UnknownState) as caught:
        find_state(text)
    assert caught.value.text == text
    assert caught.value.suggestions == ("Estado de México", "Ciudad de México")


@pytest.mark.parametrize(
    ("text", "suggestions"),
    [
        ("Jalsico", ("Jalisco",)),
        ("Jalisco, México", ("Jalisco",)),
        ("Baja", ("Baja California", "Baja California Sur")),
        ("Distrito Federl", ("Ciudad de México",)),
        ("Ontario", ()),
        ("xx", ()),
        ("", ()),
    ],
)
def test_an_unknown_state_comes_with_what_it_may_have_meant(text: str, suggestions: tuple[str, ...]) -> None:
    with pytest.raises(UnknownState) as caught:
        find_state(text)
    assert caught.value.suggestions == suggestions


@pytest.mark.parametrize("text", ["0", "00", "33", "001", "1.0", "-1", "14001", "١"])
def test_other_numbers_are_no_state(text: str) -> None:
    with pytest.raises(UnknownState):
        find_state(text)


@given(st.text(max_size=30))
def test_any_text_is_a_state_or_has_at_most_three_suggestions(text: str) -> None:
    try:
        found = find_state(text)
    except UnknownState as unknown:
        names = {state.name for state in STATES.values()}
        assert len(unknown.suggestions) == len(set(unknown.suggestions)) <= 3
        assert names.issuperset(unknown.suggestions)
    else:
        assert STATES[found.code] is found


def test_a_mexican_place_needs_an_inegi_code() -> None:
    with pytest.raises(UnknownState) as caught:
        Place("MX", "Jalisc")
    assert caught.value.suggestions == ("Jalisco",)


@pytest.mark.parametrize("country", ["mx", "MEX", "", "M1", "MX\n"])
def test_a_country_is_two_capital_letters(country: str) -> None:
    with pytest.raises(InvalidCountry) as caught:
        Place(country)
    assert caught.value.country == country


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (in_mexico("Jalisco", "Tonalá"), in_mexico("Jalisco", "TONALA"), Nearness.SAME_MUNICIPALITY),
        (in_mexico("Jalisco", "Tonalá"), in_mexico("Chiapas", "Tonalá"), Nearness.COUNTRY),
        (in_mexico("Jalisco", "Tonalá"), in_mexico("Jalisco", "Zapopan"), Nearness.SAME_STATE),
        (in_mexico("Jalisco", ""), in_mexico("Jalisco", ""), Nearness.SAME_STATE),
        (in_mexico("Jalisco"), in_mexico("Colima"), Nearness.SAME_REGION),
        (in_mexico("Jalisco"), in_mexico("Querétaro"), Nearness.SAME_REGION),
        (in_mexico("Aguascalientes"), in_mexico("San Luis Potosí"), Nearness.SAME_REGION),
        (in_mexico("Michoacán"), in_mexico("Querétaro"), Nearness.ADJACENT_STATE),
        (in_mexico("CDMX"), in_mexico("Edomex"), Nearness.ADJACENT_STATE),
        (in_mexico("Yucatán"), in_mexico("Sonora"), Nearness.COUNTRY),
        (in_mexico("Yucatán"), Place("MX"), Nearness.COUNTRY),
        (in_mexico("Yucatán"), Place("CL", "31"), Nearness.ABROAD),
        (in_mexico("Yucatán"), Place(), Nearness.UNKNOWN),
        (Place(), Place(), Nearness.UNKNOWN),
        (
            Place("CL", "Valparaíso", "Quilpué"),
            Place("CL", "VALPARAISO", "quilpue"),
            Nearness.SAME_MUNICIPALITY,
        ),
        (Place("CL", "Valparaíso"), Place("CL", "Biobío"), Nearness.COUNTRY),
        (Place("CL", ""), Place("CL", ""), Nearness.COUNTRY),
        (Place("US", "TX"), Place("US", "Texas"), Nearness.SAME_STATE),
    ],
)
def test_near_is_graded(a: Place, b: Place, expected: Nearness) -> None:
    assert nearness(a, b) is expected
    assert nearness(b, a) is expected


@pytest.mark.parametrize(
    ("us_states", "faces"),
    [
        (("California", "CA", "US-CA"), {"02"}),
        (("Arizona", "az"), {"26"}),
        (("New Mexico", "Nuevo México", "NM"), {"08"}),
        (("Texas", "TX", "Tejas"), {"05", "08", "19", "28"}),
        (("Ohio", "", None), set()),
    ],
)
def test_us_states_are_adjacent_to_the_mexican_states_they_face(
    us_states: tuple[str | None, ...], faces: set[str]
) -> None:
    for us_state in us_states:
        grades = {code: nearness(Place("US", us_state), Place("MX", code)) for code in STATES}
        assert {code for code, grade in grades.items() if grade is Nearness.ADJACENT_STATE} == faces
        assert all(grades[code] is Nearness.ABROAD for code in STATES.keys() - faces)


def test_only_the_usa_faces_the_border() -> None:
    assert nearness(Place("CL", "California"), Place("MX", "02")) is Nearness.ABROAD


@given(places(), places())
def test_nearness_is_symmetric(a: Place, b: Place) -> None:
    assert nearness(a, b) is nearness(b, a)


@given(places(), places())
def test_knowing_less_never_brings_two_places_nearer(a: Place, b: Place) -> None:
    grades = [nearness(known, b) for known in (Place(), Place(a.country), Place(a.country, a.state), a)]
    assert grades == sorted(grades)


@given(places())
def test_nothing_is_nearer_to_a_place_than_itself(place: Place) -> None:
    others = (Place("MX", code) for code in STATES)
    assert all(nearness(place, place) >= nearness(place, other) for other in others)
