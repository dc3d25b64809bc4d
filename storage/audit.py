"""Who did what to others' data: one line, in the transaction of the deed."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import audit


async def write(
    db: AsyncConnection,
    now: datetime,
    actor_id: int | None,
    action: str,
    object_: str,
    *,
    before: str = "",
    after: str = "",
    update_id: int | None = None,
) -> None:
    """`object_` names the thing by kind and id (`person 42`), never by a personal name."""
    await db.execute(
        audit.insert().values(
            at=now, actor_id=actor_id, action=action, object=object_, before=before, after=after, update_id=update_id
        )
    )
