"""Rule report_pdf: the print page, typeset, with the ledger and the cells attached. Any complaint stops the run."""

from collections.abc import Iterable
from pathlib import Path

from dscp.pdf.typesetting import typeset
from dscp.run.job import writing


def report_pdf(print_html: Path, attached: Iterable[Path], cores: int, kept: Path, code: str) -> bytes:
    """The report as a PDF (see `typeset`).

    Parameters
    ----------
    print_html : the page for print
    attached : files that travel inside the PDF, each one of `typesetting.ATTACHED` by its name
    cores, kept, code : as in `typeset`
    """
    files = {path.name: path.read_bytes() for path in attached}
    return typeset(print_html.read_text(encoding="utf-8"), files, cores, kept, code)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given, params = snakemake.input, snakemake.params
        attached = [Path(path) for path in given.attached]
        pdf = report_pdf(Path(given.print_html), attached, snakemake.threads, Path(params.kept), params.digest)
        Path(out.pdf).write_bytes(pdf)
