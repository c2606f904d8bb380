"""Otklik to try without any account: `python bot.py demo`.

The program itself, with its store, the widget and the web desk in local mode. What is here is added to it: the page
that has both side by side, `connect` that writes a real configuration, and customers who only rehearse.
"""
