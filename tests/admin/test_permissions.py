"""What a person or a group may do, in words of the page's language."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from tests.admin.desk import superuser
from tests.views.pages import words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ("Resend Desk | batch | Can resend verification e-mails", "Resend Desk | batch | Can view batch")),
        ("zh-CN", ("重发工作台 | 批次 | 可以重发验证邮件", "重发工作台 | 批次 | 可以查看批次")),
    ],
)
def test_they_are_named_in_the_language_of_the_page(language: str, names: tuple[str, ...]) -> None:
    url = reverse("admin:auth_group_change", args=[Group.objects.get(name="Lead").pk])

    page = words(superuser().get(url, headers={"Accept-Language": language}))

    assert all(name in page for name in names)
