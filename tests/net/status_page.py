# SPDX-License-Identifier: Apache-2.0
"""Where the status page of a lab's lbd is, and what its tables say."""
from scraping import PORT

ADDRESS = f"http://127.0.0.1:{PORT}/"


def row(page, name, table="Backends of pool web"):
    """The cells of one backend, by the names of their columns."""
    return page.value(f"""(() => {{
        const found = [...document.querySelectorAll("table")]
            .find(each => each.caption.textContent === {table!r});
        const heads = [...found.tHead.rows[0].cells].map(each => each.textContent);
        const row = [...found.tBodies[0].rows].find(each => each.cells[0].textContent.startsWith({name!r}));
        return Object.fromEntries(heads.map((head, i) => [head, row.cells[i].innerText]));
    }})()""")


def problems(page):
    return page.value('[...document.querySelectorAll("#problems ~ ol li")].map(each => each.innerText)')
