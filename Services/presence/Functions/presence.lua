#!lua name=presence_v1
redis.register_function{function_name="presence_version", callback=function() return 1 end, flags={"no-writes"}}
