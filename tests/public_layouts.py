"""SIPRI's workbook in small, sheet by sheet, as its editions lay it out; figures invented."""

from __future__ import annotations

YEARS = [1988, 1989, 1990, 1991, 1992]


def body(blanks: int, notes: bool = True) -> list[list]:
    """Rows below the header: regions, marks for missing, notes, a state that was not yet."""
    between = [None] * blanks

    def row(name, note, *values):
        return [name, *between, *([note] if notes else []), *values]

    return [
        [],
        ["Africa"],
        ["North Africa"],
        row("Algeria", "§4", 10.5, 11, "...", 12.25, 13),
        row("Libya ‡", "‡§¶16", "...", ". .", "...", 7, 8),
        ["Asia & Oceania"],
        row("India", "59", 100, 110, 121, 133.1, 146.41),
        row("Korea, South", None, 50, 51, 52, 53, 54),
        row("Viet Nam", "§67", ". .", ". .", 5, 6, 7),
        ["Europe"],
        row("Germany", None, 70, 71, 72, 73, 74),
        row("Russia", "83", "xxx", "xxx", "xxx", "...", 40),
        row("USSR", None, 300, 290, 250, "xxx", "xxx"),
        row("Türkiye", "‖", 20, 21, 22, 23, 24),
        row("European Union", "†¶103", "xxx", "xxx", "xxx", "xxx", 9),
    ]


def sipri_sheets(edition: str = "2024") -> dict[str, list[list]]:
    """The workbook of one edition, in small: what moves between editions moves here too."""
    share = [
        ["Military expenditure by country as percentage of gross domestic product, 1988-1992"],
        ["Countries are grouped by region and subregion"],
        [],
        ["Country", "Notes", *YEARS],
        ["Africa"],
        ["Algeria", "§4", 0.02, 0.021, "...", 0.022, 0.023],
        ["India", "59", 0.03, 0.031, 0.032, 0.033, 0.034],
    ]
    if edition == "2024":
        constant = [
            ["Military expenditure by country, in constant (2023) US$ m., 1988-1992 © SIPRI 2024"],
            ["Figures are in US $m., at constant 2023 prices and exchange rates"],
            ["Figures in blue are SIPRI estimates. Figures in red indicate highly uncertain data."],
            ['". ." = data unavailable. "xxx" = country did not exist'],
            [""],
            ["Country", "", "Notes", *YEARS],
            *body(1),
        ]
        name = "Constant (2023) US$"
        current = "Current US$"
    else:  # header lower, its years text, a reporting year, blank columns, last year twice
        constant = [
            [],
            ["Military expenditure by country, in constant (2017) US$ m., 1988-1992"],
            [
                "Figures are in US $m., at constant 2017 prices and exchange rates, except for the "
                "last figure, which is in US$m. at 2018 prices and exchange rates."
            ],
            [],
            ["Countries are grouped by region and subregion"],
            [],
            [],
            [None, "Country", None, "Notes", "Reporting year", *map(str, YEARS), "1992 Current"],
            *([None, *row[:2], *row[2:3], None, *row[3:], 1] for row in body(1)[1:]),
        ]
        name = "Constant (2017) USD"
        current = "Current USD"
    return {
        "Front page": [["SIPRI"]],
        "Regional totals": [
            ["Military expenditure by region in constant US dollars"],
            ["Figures are in US$ b., at constant 2023 prices and exchange rates, except the last"],
            ["Region", *YEARS, "1992 (current prices)", None, "Omitted countries"],
            ["World", 1.5, 1.4, 1.3, 1.2, 1.1, 9, None, "Cuba"],
            ["Central Asia", "xxx", "xxx", "xxx", "xxx", 0.1, 0.2],
        ],
        "Local currency financial years": [
            ["Military expenditure by country, in local currency, 1988-1992"],
            ["Figures are in local currency at current prices and are for financial years."],
            ["Country", "Currency", "Notes", *YEARS],
            ["India", "Rupees", "59", 1000, 1100, 1200, 1300, 1400],
        ],
        name: constant,
        current: [
            ["Military expenditure by country, in millions of US$ at current prices, 1988-1992"],
            ["Figures are in US $m., in current prices, converted at the year's exchange rate."],
            [],
            ["Country", "Notes", *YEARS],
            *body(0),
        ],
        "Share of GDP": share,
        "Per capita": [
            ["Military expenditure per capita by country, 1988-1992"],
            ["Figures are in current US$"],
            ["Country", "Notes", *YEARS],
            ["India", "59", 12.5, 13, 14, 15, 16],
        ],
        "Share of Govt. spending": [
            ["Military expenditure by country as percentage of government spending, 1988-1992"],
            ["Country", *YEARS],
            ["India", 0.14, 0.13, 0.12, 0.11, 0.1],
        ],
        "Footnotes": [["Footnotes and special notes"], ["†", "No pensions"]],
    }
