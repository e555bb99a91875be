"""The migrations make the schema that the models describe."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from reference_app.db.migrating import migrate
from reference_app.models import Base


def test_migrations_and_models_agree(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'market.db'}")
    with engine.begin() as connection:
        migrate(connection)
        migrate(connection)  # a second worker finds nothing to do
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    engine.dispose()
