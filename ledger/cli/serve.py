"""`ledger serve`: open the ledger over HTTP. `ledger token`: who may publish, and read what is not open."""

from datetime import timedelta
from typing import Annotated

import orjson
import typer
from rich.table import Table

from ledger.api.access.tokens import Role, Token, Tokens, tokens_path
from ledger.cli.options import AsJson, Log, shown, stderr, stdout
from ledger.settings import Settings

app = typer.Typer()
token = typer.Typer(no_args_is_help=True, help="Make, list and revoke the tokens by which others publish over HTTP.")
app.add_typer(token, name="token")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen. Default: 127.0.0.1, this machine only.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0: any free one. Default: 8000.")] = None,
    log: Log = None,
) -> None:
    """Serve the ledger over HTTP: a page, views at any cut, publishing, streams of changes.

    Reading is open to whoever reaches the address; publishing needs a token (`ledger token make`).
    """
    from ledger.api.server.server import run  # other commands need not wait for what only this one needs

    settings = Settings.load(log)
    given = {"serve_host": host, "serve_port": port}
    run(settings.model_copy(update={name: value for name, value in given.items() if value is not None}), _announce)


def _announce(address: str) -> None:
    stderr().print(f"serving [bold]{address}[/]  (Ctrl-C ends)")


@token.command("make")
def make(
    name: Annotated[str, typer.Argument(help="Whose token it is, such as newsroom-feed.")],
    role: Annotated[list[Role], typer.Option(help="What it may do; can be given several times.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="After so many days it expires.")] = 90,
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Make a token and print it, once: only its hash is kept."""
    tokens = Tokens(tokens_path(Settings.load(log)))
    made, text = tokens.make(name, role, timedelta(days=days))
    if as_json:
        stdout().file.write(orjson.dumps({**_told(made), "token": text}).decode() + "\n")
        return
    stdout().file.write(f"{text}\n")
    stderr().print(
        f"[dim]{made.id} may {', '.join(made.roles)} until {made.expires:%Y-%m-%d}; kept in {tokens.path}[/]"
    )


@token.command("list")
def list_tokens(as_json: AsJson = False, log: Log = None) -> None:
    """List the tokens: whose they are, what they may do, until when."""
    found = Tokens(tokens_path(Settings.load(log))).every()
    if as_json:
        for each in found:
            stdout().file.write(orjson.dumps(_told(each)).decode() + "\n")
        return
    table = Table("Id", "Name", "Roles", "Made", "Expires", "Revoked", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for each in found:
        revoked = f"{each.revoked:%Y-%m-%d}" if each.revoked else ""
        days = (f"{each.created:%Y-%m-%d}", f"{each.expires:%Y-%m-%d}", revoked)
        table.add_row(each.id, shown(each.name), ", ".join(each.roles), *days)
    stdout().print(table)


@token.command("revoke")
def revoke(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The id that `ledger token list` shows.")],
    as_json: AsJson = False,
    log: Log = None,
) -> None:
    """Make a token invalid at once and for good."""
    revoked = Tokens(tokens_path(Settings.load(log))).revoke(identity)
    if as_json:
        stdout().file.write(orjson.dumps(_told(revoked)).decode() + "\n")
        return
    stderr().print(f"{revoked.id} ({shown(revoked.name)}) is revoked")


def _told(each: Token) -> dict[str, object]:
    return each.model_dump(mode="json", exclude={"hash"})
