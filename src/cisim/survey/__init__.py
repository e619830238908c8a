"""From a network survey to a scenario, from a scenario to a prediction of the next survey, and how good that was.

`reading` makes a `Survey` of tables or GraphML, `scenario_file` the text of a scenario of it, `predicting` a
prediction over many worlds, `folder` keeps it so that nobody can mend it afterwards, `scoring` compares it with
the next survey.
"""
