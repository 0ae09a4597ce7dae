#!lua name=membership_v1
redis.register_function{function_name="membership_version", callback=function() return 1 end, flags={"no-writes"}}
