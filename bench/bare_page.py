"""A page of Streamlit that shows four charts and asks nothing: what no page with charts can beat.

Started by bench/pages.py.
"""

import plotly.graph_objects as go
import streamlit as st

CHARTS, POINTS = 4, 120

st.header("Four charts")
for number in range(CHARTS):
    values = [(n * (number + 1)) % 17 for n in range(POINTS)]
    st.plotly_chart(go.Figure(go.Scatter(y=values)), key=str(number))
