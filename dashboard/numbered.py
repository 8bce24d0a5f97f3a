"""One thing that the address names by its number, such as ?report=12: it is shown instead of the list."""

from typing import NamedTuple

import streamlit as st

LARGEST = 2**63 - 1


class Numbered(NamedTuple):
    """What the parameter of the address is called."""

    parameter: str

    def asked(self) -> bool:
        """Whether the address names one."""
        return bool(st.query_params.get(self.parameter))

    def number(self) -> int | None:
        """Its number; None where the address holds none that can be."""
        return number_in(st.query_params.get(self.parameter))

    def open_one(self, number: int) -> None:
        """Shows this one instead of the list; the address follows."""
        st.query_params[self.parameter] = str(number)
        st.rerun()

    def back(self, label: str) -> None:
        """The button that leads back to the list."""
        st.button(label, icon=":material/arrow_back:", on_click=self._close, type="tertiary", key="back")

    def _close(self) -> None:
        if self.parameter in st.query_params:
            del st.query_params[self.parameter]


def number_in(given: str | None) -> int | None:
    """A number out of an address, which may hold anything.

    >>> number_in("7"), number_in("٧"), number_in("-1"), number_in("9" * 30)
    (7, None, None, None)
    """
    if given is None or len(given) > 19 or not (given.isascii() and given.isdigit()):
        return None
    number = int(given)
    return number if number <= LARGEST else None
