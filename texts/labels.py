"""Every word that stands for a value of the domain, and every button. Those of the glossary are a promise."""

from domain.draft import AttachmentKind
from domain.people import Role
from domain.question import Kind, Outcome, Status, Verdict


def N_(message: str) -> str:
    """Mark a phrase to be translated where it is used."""
    return message


LABELS = {
    # first contact
    "agree": N_("I agree"),
    "disagree": N_("I do not agree"),
    "i_am_ngo": N_("I represent an NGO"),
    "somebody_else": N_("I am somebody else"),
    "not_in_list": N_("Not in the list"),
    "skip": N_("Skip"),
    "approve": N_("Approve"),
    "decline": N_("Decline"),
    # asking
    "question": N_("Question"),
    "proposal": N_("Proposal"),
    "request": N_("Request for help"),
    "thanks": N_("Thanks"),
    "not_sure": N_("Not sure"),
    "done_writing": N_("Done"),
    "public": N_("May be published"),
    "private": N_("Only for the department"),
    "send": N_("Send"),
    "edit_text": N_("Edit the text"),
    "change_topic": N_("Change the topic"),
    "cancel": N_("Cancel"),
    "continue": N_("Continue"),
    "start_anew": N_("Start anew"),
    # following
    "why_date": N_("Why this date?"),
    "withdraw": N_("Withdraw"),
    "open": N_("Open"),
    "closed": N_("Closed"),
    "solved": N_("Solved"),
    "partly": N_("Partly"),
    "not_answered": N_("Not answered"),
    # answering
    "take": N_("Take"),
    "assign": N_("Assign"),
    "answer": N_("Answer"),
    "forward": N_("Forward"),
    "outcome_done": N_("Fulfilled"),
    "outcome_explained": N_("Explained"),
    "outcome_promised": N_("Promised by a date"),
    "outcome_refused": N_("Refused, with the ground"),
    "outcome_elsewhere": N_("Answered by phone or letter"),
    "back": N_("Back"),
    # beyond the glossary
    "attachments": N_("Show the attachments"),
    "earlier": N_("Previous page"),
    "later": N_("Next page"),
    "invitation": N_("Invitation"),
    "waiting": N_("Waiting for approval"),
    "without_department": N_("Without a department"),
    "forget_once": N_("Yes, delete my data"),
    "forget_twice": N_("Delete for good"),
    "show_all": N_("Show all"),
    "calendar": N_("Calendar"),
    "day_off": N_("Day off"),
    "working_day": N_("Working day"),
    "take_back_correction": N_("Take a correction back"),
    "year_checked": N_("The year is checked"),
    "apply": N_("Apply"),
    "habits": N_("Terms and reminders"),
    "ladder": N_("Who is told when it is late"),
    "term": N_("Term of an answer"),
    "topic_terms": N_("Terms of topics"),
    "digest_time": N_("Time of the morning card"),
    "at_once": N_("At once"),
    "digest": N_("In the morning card"),
    "only_mine": N_("Only mine"),
    "keep": N_("No, keep everything"),
}

KIND_LABELS = {
    Kind.QUESTION: "question",
    Kind.PROPOSAL: "proposal",
    Kind.REQUEST: "request",
    Kind.THANKS: "thanks",
}

OUTCOME_LABELS = {
    Outcome.FULFILLED: "outcome_done",
    Outcome.EXPLAINED: "outcome_explained",
    Outcome.PROMISED: "outcome_promised",
    Outcome.REFUSED: "outcome_refused",
    Outcome.ELSEWHERE: "outcome_elsewhere",
}

VERDICT_LABELS = {
    Verdict.SOLVED: "solved",
    Verdict.PARTLY: "partly",
    Verdict.NOT_ANSWERED: "not_answered",
}

STATUS_WORDS = {
    Status.REGISTERED: N_("registered"),
    Status.IN_WORK: N_("in work"),
    Status.WAITING: N_("waiting for the NGO"),
    Status.ANSWERED: N_("answered"),
    Status.CLOSED: N_("closed"),
    Status.WITHDRAWN: N_("withdrawn"),
}

ROLE_LABELS = {
    Role.REPRESENTATIVE: N_("Representative"),
    Role.OFFICIAL: N_("Official"),
    Role.HEAD: N_("Head of the department"),
    Role.ADMIN: N_("Administrator"),
    Role.DEPUTY_MAYOR: N_("Deputy mayor"),
}

ATTACHMENT_WORDS = {
    AttachmentKind.PHOTO: N_("photo"),
    AttachmentKind.DOCUMENT: N_("document"),
    AttachmentKind.VOICE: N_("voice"),
    AttachmentKind.VIDEO: N_("video"),
    AttachmentKind.AUDIO: N_("audio"),
    AttachmentKind.VIDEO_NOTE: N_("video message"),
    AttachmentKind.ANIMATION: N_("animation"),
    AttachmentKind.PLACE: N_("place"),
}

FIELDS = {
    "social": N_("Social support"),
    "disability": N_("People with disabilities"),
    "youth": N_("Children and youth"),
    "culture": N_("Culture and languages"),
    "education": N_("Education and science"),
    "health": N_("Health and sport"),
    "ecology": N_("Ecology"),
    "rights": N_("Rights and civic education"),
    "other": N_("Other field"),
}
"""Fields of work an NGO may choose; a typed one is kept as typed."""
