"""The process in which one sheet of a workbook is read; `workbook.records` starts it.

calamine is quick, but holds a sheet in memory as a full rectangle, and aborts the whole process
when that does not fit. So it runs in a process of its own, under limits of memory and processor
time, and only after the parts it will open were unpacked once and found honest.

There this package is a top-level one, so that neither Django nor the rest of the pipeline is
loaded: its modules import the standard library, calamine and, relatively, one another.
"""
