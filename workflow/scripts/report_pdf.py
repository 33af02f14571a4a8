"""Rule report_pdf: the print page, typeset, with the ledger and the cells attached. Any complaint stops the run."""

from collections.abc import Iterable
from pathlib import Path

from dscp.pdf.typesetting import typeset
from dscp.run.job import writing


def report_pdf(print_html: Path, attached: Iterable[Path]) -> bytes:
    """The report as a PDF (see `typeset`).

    Parameters
    ----------
    print_html : the page for print
    attached : files that travel inside the PDF, each one of `typesetting.ATTACHED` by its name
    """
    return typeset(print_html.read_text(encoding="utf-8"), {path.name: path.read_bytes() for path in attached})


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        attached = [Path(path) for path in snakemake.input.attached]
        Path(out.pdf).write_bytes(report_pdf(Path(snakemake.input.print_html), attached))
