"""Where the provider explains its codes."""

import pytest

from verification.models import OwnCode
from verification.services.error_centre import ERROR_CENTRE, explained_at

SAFE = [
    "https://api.aliyun.com/troubleshoot?q=Brand.New&product=Domain&requestId=0EA54E99",
    "https://error-center.aliyun.com/status/search?Keyword=Brand.New&source=PopGw",
    "https://api.alibabacloud.com/troubleshoot?q=Brand.New",
    "https://aliyun.com/",
    "https://API.ALIYUN.COM:443/troubleshoot",
]
UNSAFE = [
    "",
    "http://api.aliyun.com/troubleshoot?q=Brand.New",
    "javascript:alert(1)",
    "//api.aliyun.com/troubleshoot",
    "https://example.com/",
    "https://notaliyun.com/",
    "https://aliyun.com.example.com/",
    "https://example.com/?aliyun.com",
    "https://example.com#.aliyun.com",
    "https://api.aliyun.com@example.com/",
    "https://example.com\\.aliyun.com/",
    "https://api.aliyun.com:8443/",
    "https://api.aliyun.com:port/",
    "https://[aliyun.com",
    "https://аpi.аliyun.com/",
    "https://api.aliyun.com/\n",
    " https://api.aliyun.com/",
]


@pytest.mark.parametrize("recommend", SAFE)
def test_the_answers_own_link_is_shown_where_it_leads_to_the_provider(recommend: str) -> None:
    assert explained_at("Brand.New", recommend) == recommend


@pytest.mark.parametrize("recommend", UNSAFE)
def test_any_other_link_gives_way_to_the_error_centre(recommend: str) -> None:
    assert explained_at("Brand.New", recommend) == ERROR_CENTRE


@pytest.mark.parametrize("code", ["", *OwnCode.values])
def test_the_provider_explains_no_code_of_ours(code: str) -> None:
    assert explained_at(code, SAFE[0]) == ""
