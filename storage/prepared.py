"""Statements that stand for the program's whole life. On SQLite they go to the driver as they are.

SQLAlchemy's Core writes them, types and all, once. What is spared is its way of running them: it prepares every
statement as if it were new, which takes several times as long as SQLite needs to run it.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Dialect, Executable, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_Statement = TypeVar("_Statement", bound=Executable)
_Parameters = Mapping[str, Any]
_Value = Callable[[_Parameters], Any]
_Processor = Callable[[Any], Any] | None

_prepared: dict[int, Executable] = {}
_plans: dict[tuple[int, bool, tuple[str, ...]], "Plan | None"] = {}


def prepared(statement: _Statement) -> _Statement:
    """A statement of a module, never one made for the occasion: it, and what is found out of it, is kept for ever.

    What is made out of it is not prepared.
    """
    _prepared[id(statement)] = statement
    return statement


class Prepared:
    """A statement for each of the two databases, whose ON CONFLICT SQLAlchemy keeps apart."""

    def __init__(self, build: Callable[[Any], Any]) -> None:
        self._of = {"postgresql": build(postgresql.insert), "sqlite": prepared(build(sqlite.insert))}

    def on(self, db: AsyncConnection) -> Any:
        return self._of[db.dialect.name]


class Rows(IteratorResult[Any]):
    """All rows of a result, read already."""

    rowcount: int


class Plan:
    """How one statement is run with parameters of these names."""

    def __init__(self, statement: Any, compiled: SQLCompiler, names: Sequence[str]) -> None:
        self._dialect = compiled.dialect
        self._sql = compiled.string
        self._values = [self._value(compiled.binds[place], place, names) for place in compiled.positiontup or ()]
        columns = getattr(statement, "exported_columns", ())
        self._processors = [_of_result(column.type, self._dialect) for column in columns]
        self._plain = not any(self._processors)
        self._shape: SimpleResultMetaData | None = None

    def _value(self, bind: BindParameter[Any], place: str, names: Sequence[str]) -> _Value:
        """What goes to this place of the SQL: a parameter, or a value of the statement itself."""
        processor = bind.type.dialect_impl(self._dialect).bind_processor(self._dialect)
        name = next((name for name in (bind.key, place) if name in names), None)
        if name is not None:
            return _given(name, processor)
        if bind.required:
            raise exc.InvalidRequestError(f"A value is required for bind parameter {bind.key!r}")
        return _own(bind.effective_value, processor)

    def run(self, driver: sqlite3.Connection, parameters: _Parameters | list[_Parameters] | None) -> Rows:
        try:
            if isinstance(parameters, list):
                cursor = driver.executemany(self._sql, [self._arguments(one) for one in parameters])
            else:
                cursor = driver.execute(self._sql, self._arguments(parameters or {}))
            return self._rows(cursor, cursor.fetchall())
        except sqlite3.Error as error:
            raise self._as_sqlalchemy_says(error) from error

    def _arguments(self, parameters: _Parameters) -> list[Any]:
        return [value(parameters) for value in self._values]

    def _rows(self, cursor: sqlite3.Cursor, found: list[Any]) -> Rows:
        if self._shape is None:
            self._shape = SimpleResultMetaData([column[0] for column in cursor.description or ()])
        if not self._plain:
            found = [self._processed(row) for row in found]
        rows = Rows(self._shape, iter(found))
        rows.rowcount = cursor.rowcount
        return rows

    def _processed(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            value if processor is None else processor(value)
            for value, processor in zip(row, self._processors, strict=True)
        )

    def _as_sqlalchemy_says(self, error: sqlite3.Error) -> BaseException:
        return exc.DBAPIError.instance(
            self._sql, None, error, sqlite3.Error, hide_parameters=True, dialect=self._dialect, ismulti=False
        )


def _given(name: str, processor: _Processor) -> _Value:
    return itemgetter(name) if processor is None else lambda parameters: processor(parameters[name])


def _own(value: Any, processor: _Processor) -> _Value:
    bound = value if processor is None else processor(value)
    return lambda _: bound


def _of_result(type_: TypeEngine[Any], dialect: Dialect) -> _Processor:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def plan_of(statement: Executable, parameters: _Parameters | list[_Parameters] | None, dialect: Dialect) -> Plan | None:
    """None for a statement that SQLAlchemy has to look at each time. Raises InvalidRequestError when one of its
    parameters is not given.
    """
    if id(statement) not in _prepared:
        return None
    many, names = isinstance(parameters, list), _names(parameters)
    key = (id(statement), many, names)
    if key not in _plans:
        _plans[key] = _made(statement, dialect, many=many, names=names)
    return _plans[key]


def _names(parameters: _Parameters | list[_Parameters] | None) -> tuple[str, ...]:
    """Of several rows those of the first, as SQLAlchemy takes them."""
    if isinstance(parameters, list):
        return tuple(parameters[0]) if parameters else ()
    return tuple(parameters or ())


def _made(statement: Any, dialect: Dialect, *, many: bool, names: tuple[str, ...]) -> Plan | None:
    """None, for ever, where SQLAlchemy does more at each run than to hand over what it was given."""
    assert isinstance(statement, ClauseElement)  # noqa: S101 - whatever else can be executed is not ours
    compiled = statement.compile(dialect=dialect, column_keys=sorted(names), for_executemany=many)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - of a statement on tables
    each_time = compiled.post_compile_params | compiled.literal_execute_params
    made_by_python = [*compiled.insert_prefetch, *compiled.update_prefetch]
    if each_time or made_by_python or (many and compiled.effective_returning):
        return None
    return Plan(statement, compiled, names)
