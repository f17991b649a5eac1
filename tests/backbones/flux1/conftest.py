from tests.generation.conftest import copied as copied
from tests.generation.conftest import saved as saved
