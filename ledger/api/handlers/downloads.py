"""Tables as files: of an exchange, of a process, and of the whole ledger."""

from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.api.handlers.call import Call, Handler
from ledger.api.handlers.replies import attached, placed
from ledger.api.http.addresses import exchange_path
from ledger.api.http.answers import Answer, matches
from ledger.api.http.problems import HttpProblem
from ledger.api.http.query import as_of
from ledger.api.views.downloads import Built, Wanted
from ledger.errors import UsageError
from ledger.tables.forms import FileForm

_OF_THE_FILE = (b"accept-ranges", b"content-length", b"last-modified")


class _FileAnswer:
    """A file as an answer, all of it or the range that is asked for. It stays on disk for as long as it is sent."""

    def __init__(self, built: Built, answer: Answer) -> None:
        self._built = built
        self._response = FileResponse(built.path, stat_result=built.stat)
        told = [each for each in self._response.raw_headers if each[0] in _OF_THE_FILE]
        self._response.raw_headers[:] = [*told, *(each for each in answer.headers if each[0] not in _OF_THE_FILE)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._response(scope, receive, send)


def download(form: FileForm) -> Handler:
    """Answers with the tables of an exchange, of a process or of the whole ledger in one form."""

    async def handler(call: Call) -> ASGIApp:
        name = call.request.path_params.get("exchange")
        asked = as_of(call.given)
        try:
            built, position = await call.service.downloads.answer(Wanted(name, form), asked, call.asker)
        except UsageError as error:
            raise HttpProblem("not-acceptable", str(error)) from error
        where = "/v1" if name is None else exchange_path(name)
        headers = [(b"etag", built.tag.encode()), *placed(call, f"{where}/data{form.ending}", position, asked)]
        headers += [attached(name or "ledger", form.holds, ending=form.ending), *call.service.shared]
        if matches(built.tag, call.request.headers.get("if-none-match")):
            return Answer(b"", form.media_type, 304, headers)
        return _FileAnswer(built, Answer(b"", form.media_type, headers=headers))

    handler.__doc__ = form.summary
    return handler
