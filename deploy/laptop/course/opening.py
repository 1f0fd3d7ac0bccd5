"""The opening of the episode, and the consents."""

from laptop.course.chart import Body, Chart, where_told


def opening(chart: Chart) -> Body:
    """An age told as a range has no place here, so it is left out; so is what sex the client is."""
    complaint = chart.case["complaint"]
    return {
        **chart.at(chart.days.first, "opening"),
        "clinic": chart.setting.clinic.id,
        "client": str(chart.client),
        "therapist": chart.setting.therapist.id,
        "complaint": {
            "category": complaint["category"],
            "words": complaint["text_in_own_words"],
            "sites": [chart.site(words) for words in complaint["body_sites"]],
        },
        **where_told(age=chart.case["client"].get("age")),
    }


def treatment_consent(chart: Chart) -> Body:
    consent = chart.setting.treatment_consent
    signed = chart.days.at(chart.days.first, "treatment_consent")
    return {"given": {"by": consent.by}, "form": consent.form, "signed_at": signed}


def sharing_consent(chart: Chart) -> Body:
    consent = chart.setting.sharing_consent
    return {
        **chart.at(chart.days.first, "sharing_consent"),
        "partner": chart.setting.partner.id,
        "purposes": consent.purposes,
        "kinds": consent.kinds,
        "given": {"by": consent.by},
        "form": consent.form,
    }
