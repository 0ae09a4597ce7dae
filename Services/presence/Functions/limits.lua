#!lua name=limits_v1
redis.register_function{function_name="limits_version", callback=function() return 1 end, flags={"no-writes"}}
