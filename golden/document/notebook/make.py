"""Writes `report.ipynb` with Jupyter's own library, which also checks it against its schema.

Run with CPython 3.11.7 and nbformat 5.11.1.
"""

import pathlib

import nbformat
from nbformat import v4

HERE = pathlib.Path(__file__).parent

SVG = '<svg xmlns="http://www.w3.org/2000/svg">\n<text>größe &lt; 2 m²</text>\n</svg>'

cells = [
    v4.new_markdown_cell("# Explanations\n\nA report with \"quotes\", a tab\t and an emoji 😀.\n"),
    v4.new_code_cell("", outputs=[
        v4.new_output("display_data", data={
            "image/svg+xml": SVG, "text/html": "<table>\n</table>", "text/plain": "bars\n\n"}),
        v4.new_output("display_data", data={"text/plain": ""}),
    ]),
    v4.new_code_cell("shap_values = 1\nprint(shap_values)"),
    v4.new_markdown_cell(""),
]
for place, cell in enumerate(cells):
    cell["id"] = f"cell-{place}"
notebook = v4.new_notebook(cells=cells, metadata={
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "title": "Analysis Report",
})
notebook["nbformat_minor"] = 5
nbformat.validate(notebook)
nbformat.write(notebook, HERE / "report.ipynb", version=nbformat.NO_CONVERT)
