"""Pages in a browser: the local server, and what it serves.

    serving.py      listens on a port, opens the browser, ends with Ctrl-C
    application.py  pages and routes behind the guard
    guard.py        who may ask for what: hosts.py (Host and Origin), keys.py (token and cookie)
    request_timeout.py     how long a request may take to arrive
    table.py        the fixed table of files: address → file or bytes
    pages.py        what each page is served with; examples.py, images to teach a network with
    locked_page.py       what those are shown who have no key
    watch.py        the live page: journals as they grow, and control

    html_file.py    a model and its pages in one HTML file

    static/         the pages and the JavaScript library: plain ES modules, no build step

Only cli imports it. It is the one door to starlette and uvicorn.
"""
