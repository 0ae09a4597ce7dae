#!lua name=archive_v1
redis.register_function{function_name="archive_version", callback=function() return 1 end, flags={"no-writes"}}
