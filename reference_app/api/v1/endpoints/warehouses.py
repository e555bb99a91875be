"""Warehouses and their shelves: admins open warehouses, sellers rent shelves."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from reference_app.api.deps import CurrentUser, Location, Logistics, Paging, admin
from reference_app.api.documentation import refusals
from reference_app.models import Shelf, Warehouse
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.logistics import ShelfIn, ShelfOut, WarehouseIn, WarehouseOut

router = APIRouter(tags=["logistics"])


@router.get(
    "/warehouses", response_model=PageOut[WarehouseOut], responses=refusals(401, 422), summary="List warehouses"
)
async def list_warehouses(_: CurrentUser, logistics: Logistics, window: Paging) -> Page[Warehouse]:
    """Newest first."""
    return await logistics.warehouses.page_of_all(window)


@router.post(
    "/warehouses",
    status_code=201,
    response_model=WarehouseOut,
    responses=refusals(401, 403),
    dependencies=[Depends(admin)],
    summary="Open a warehouse",
)
async def create_warehouse(
    wanted: WarehouseIn, logistics: Logistics, response: Response, location: Location
) -> Warehouse:
    """Only admins may."""
    warehouse = await logistics.open(wanted)
    response.headers["Location"] = location("read_warehouse", warehouse_id=warehouse.id)
    return warehouse


@router.get(
    "/warehouses/{warehouse_id}",
    response_model=WarehouseOut,
    responses=refusals(401, 404, 422),
    summary="Read a warehouse",
)
async def read_warehouse(warehouse_id: UUID, _: CurrentUser, logistics: Logistics) -> Warehouse:
    """Any signed-in user may."""
    return await logistics.visit(warehouse_id)


@router.delete(
    "/warehouses/{warehouse_id}",
    status_code=204,
    responses=refusals(401, 403, 404, 422),
    dependencies=[Depends(admin)],
    summary="Close a warehouse",
)
async def delete_warehouse(warehouse_id: UUID, logistics: Logistics) -> None:
    """Only admins may; its shelves go with it."""
    await logistics.close(warehouse_id)


@router.get(
    "/warehouses/{warehouse_id}/shelves",
    response_model=PageOut[ShelfOut],
    responses=refusals(401, 404, 422),
    summary="List one's shelves in a warehouse",
)
async def list_shelves(warehouse_id: UUID, user: CurrentUser, logistics: Logistics, window: Paging) -> Page[Shelf]:
    """Newest first."""
    return await logistics.rented(warehouse_id, user, window)


@router.post(
    "/warehouses/{warehouse_id}/shelves",
    status_code=201,
    response_model=ShelfOut,
    responses=refusals(401, 404),
    summary="Rent a shelf",
)
async def create_shelf(
    warehouse_id: UUID,
    wanted: ShelfIn,
    user: CurrentUser,
    logistics: Logistics,
    response: Response,
    location: Location,
) -> Shelf:
    """Any signed-in user may."""
    shelf = await logistics.rent(warehouse_id, wanted, user)
    response.headers["Location"] = location("read_shelf", shelf_id=shelf.id)
    return shelf


@router.get("/shelves/{shelf_id}", response_model=ShelfOut, responses=refusals(401, 404, 422), summary="Read a shelf")
async def read_shelf(shelf_id: UUID, user: CurrentUser, logistics: Logistics) -> Shelf:
    """Only one's own exist."""
    return await logistics.shelf(shelf_id, user)


@router.delete("/shelves/{shelf_id}", status_code=204, responses=refusals(401, 404, 422), summary="Give a shelf back")
async def delete_shelf(shelf_id: UUID, user: CurrentUser, logistics: Logistics) -> None:
    """Only one's own exist; what lies on it goes with it."""
    await logistics.give_back(shelf_id, user)
