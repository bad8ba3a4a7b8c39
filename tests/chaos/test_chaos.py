from tests.chaos.storm import X
def test_x(): assert X == 1
