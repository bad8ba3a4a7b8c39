import os
def test_a(database_url, fresh_database_url, redis_url, fresh_redis_url, settings_env):
    print(database_url, fresh_database_url, redis_url, fresh_redis_url, settings_env)
    assert "DATABASE_URL" not in os.environ
def test_b(fresh_database_url, redis_url, fresh_redis_url):
    print(fresh_database_url)
