"""Looking at tables of any size without changing them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from ..views.access import sees_addresses


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to 10,000 and no further: to count a large table takes longer than to show a page of it.

    What lies beyond is found by search and filters, or on the history's page.
    """

    most = 10_000

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: self.most].count()


class PlainChangeList(ChangeList):
    """A list that gives a number beside its search only where it knows it: for a search that was counted to its end."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query or self.result_count == BoundedPaginator.most:
            # Equal counts tell the template that there is nothing to say.
            self.full_result_count = self.result_count


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nobody adds, changes or deletes, superusers included; the view permission shows."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_per_page = 50
    # Any other order would sort the whole table.
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return PlainChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whole values only, each by its index. Django's own exact search ignores case, which no index serves."""
        # Without a search there is still its parameter, which anybody can type.
        term = search_term.strip() if self.search_fields else ""
        return (queryset.filter(self.found_by(term)) if term else queryset), False

    def found_by(self, term: str) -> Q:
        """The rows that a search finds, for classes with `search_fields`."""
        raise NotImplementedError


class InFullAdmin(ReadOnlyAdmin):
    """A table that shows addresses, or free text that may name one: only for who may see them in full."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return sees_addresses(request) and super().has_view_permission(request, obj)
