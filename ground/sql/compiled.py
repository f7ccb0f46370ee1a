"""Querysets compiled to SQL once, for the few queries that run on every key press.
Django builds a queryset's SQL on each evaluation, which costs several times what PostgreSQL needs for a primary key
lookup. `Compiled` caches the SQL and the row factory, while the query is still written as a queryset, so that it
follows the models."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

from ground.sql.prepared import prepared_cursor

Kind = TypeVar("Kind", bound=models.Model)


@dataclass(frozen=True, slots=True)
class _Argument:
    """The position of an argument among the parameters."""

    name: str


@dataclass(frozen=True, slots=True)
class _Objects:
    """How a row becomes an object."""

    model: type[models.Model]
    columns: slice
    names: list[str]
    populators: list[Any]
    annotations: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Plan:
    sql: str
    parameters: tuple[object, ...]
    compiler: SQLCompiler
    converters: dict[int, Any]
    objects: _Objects | None


class Compiled(Generic[Kind]):
    """`Compiled(lambda pk: Item.objects.filter(pk=pk), pk=1)`, queried with `rows(pk=…)`.
    The examples stand in for the arguments while the SQL is built: they must differ from each other and from every
    constant in it, and have the type of the arguments."""

    def __init__(self, build: "Callable[..., models.QuerySet[Kind, Any]]", **examples: object) -> None:
        self._build = build
        self._examples = examples
        self._plan: _Plan | None = None

    def rows(self, **arguments: object) -> list[Kind]:
        """The objects in the queryset's order, with what `select_related` and `annotate` add."""
        plan = self._planned()
        assert plan.objects is not None, "a values_list gives tuples"  # noqa: S101 - a programming error
        how = plan.objects
        return [self._object(how, row) for row in self._fetched(plan, arguments)]

    def tuples(self, **arguments: object) -> list[tuple[Any, ...]]:
        """The rows of a `values_list`."""
        return [tuple(row) for row in self._fetched(self._planned(), arguments)]

    def first(self, **arguments: object) -> Kind | None:
        """The first row, or None. The queryset should match one row or have a limit."""
        return next(iter(self.rows(**arguments)), None)

    def _fetched(self, plan: _Plan, arguments: Mapping[str, object]) -> Iterable[Sequence[Any]]:
        given: list[Any] = [arguments[one.name] if isinstance(one, _Argument) else one for one in plan.parameters]
        with prepared_cursor() as cursor:
            cursor.execute(plan.sql, given)
            found = cursor.fetchall()
        return plan.compiler.apply_converters(found, plan.converters) if plan.converters else found

    def _object(self, how: _Objects, row: Sequence[Any]) -> Kind:
        made = how.model.from_db(connection.alias, how.names, row[how.columns])
        for populator in how.populators:
            populator.populate(row, made)
        for name, column in how.annotations.items():
            setattr(made, name, row[column])
        return made  # type: ignore[return-value]  # the query set's own model

    def _planned(self) -> _Plan:
        if self._plan is None:
            compiler: SQLCompiler = self._build(**self._examples).query.get_compiler(connection.alias)
            sql, parameters = compiler.as_sql()
            places = tuple(self._place(parameter) for parameter in parameters)
            missing = self._examples.keys() - {place.name for place in places if isinstance(place, _Argument)}
            if missing:
                raise ValueError(f"The examples of {sorted(missing)} are not among the parameters of: {sql}")
            converters = compiler.get_converters([one[0] for one in compiler.select[: compiler.col_count]])
            self._plan = _Plan(sql, places, compiler, converters, self._objects(compiler))
        return self._plan

    def _objects(self, compiler: SQLCompiler) -> _Objects | None:
        info = compiler.klass_info
        if info is None:
            return None
        columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        return _Objects(
            model=info["model"],
            columns=columns,
            names=[one[0].target.attname for one in compiler.select[columns]],
            populators=get_related_populators(info, compiler.select, connection.alias),  # type: ignore[call-arg]  # stubs of 6.1
            annotations=compiler.annotation_col_map or {},
        )

    def _place(self, parameter: object) -> object:
        for name, example in self._examples.items():
            if type(parameter) is type(example) and parameter == example:
                return _Argument(name)
        return parameter


def insert_returning(row: models.Model, *returning: str) -> None:
    """Insert the row and read back these columns, which triggers fill, in one statement.
    Like `save(force_insert=True)`, without signals. Raises IntegrityError like it."""
    statement, fields = _insert(type(row), returning)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        for name, value in zip(returning, cursor.fetchall()[0], strict=True):
            setattr(row, name, value)
    row._state.adding = False


@cache
def _insert(model: type[models.Model], returning: tuple[str, ...]) -> "tuple[str, list[models.Field[Any, Any]]]":
    """The insert statement for one row, and the fields it takes, in order."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    into = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    out = ", ".join(map(quote, returning))
    return f"INSERT INTO {quote(model._meta.db_table)} ({into}) VALUES ({places}) RETURNING {out}", fields  # noqa: S608
