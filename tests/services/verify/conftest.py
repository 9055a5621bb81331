import pytest
from django.contrib.auth.models import User

from tests.desk import Clock
from tests.services.story import Story, whole_story


@pytest.fixture
def story(mei: User, lena: User, clock: Clock) -> Story:
    return whole_story(mei, lena, clock)
