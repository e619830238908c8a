"""The page of ``cisim serve``: what-ifs answered in a browser while their futures come in.

`server` binds and runs, `app` says what there is, `guard` who may ask, `service` answers, `scheduler` simulates.
Needs the extra ``serve`` (Starlette and uvicorn).
"""
