"""A clinic: patients, doctors, appointments, prescriptions."""

from __future__ import annotations

from .domain import Domain

DDL = """
create table patients
    (patient_id bigint, full_name varchar, city varchar, insurer varchar, birth_date date);
create table doctors (doctor_id bigint, name varchar, specialty varchar, hourly_rate double);
insert into doctors values
    (1, 'Dr. Gray', 'cardiology', 210), (2, 'Dr. Stone', 'pediatrics', 150),
    (3, 'Dr. Rivers', 'cardiology', 190), (4, 'Dr. Frost', 'dermatology', 175);
insert into patients select
    i,
    ['Ana Moss', 'Ben Reed', 'Cleo Lake', 'Dov Hill', 'Eva Ford', 'Finn Dale', 'Gus West', 'Hana Park'][i],
    ['Oslo', 'Bergen', 'Oslo', 'Molde'][1 + i % 4],
    ['Nordic', 'Care+', 'Self'][1 + i % 3],
    date '1950-01-01' + (i * 2903)::int
from range(1, 9) t(i);
create table appointments as select
    i as appointment_id,
    1 + i * i % 31 % 8 as patient_id,
    1 + i * i % 11 % 3 as doctor_id,
    timestamp '2025-10-02 09:00:00' + to_hours(i * 63) as scheduled_at,
    ['completed', 'cancelled', 'no-show', 'completed'][1 + i * 7 % 4] as status,
    40 + (i * 37 % 113) * 1.5 as fee,
    10 + (i * 13 % 50) as duration_minutes
from range(1, 85) t(i);
create table prescriptions as select
    i as prescription_id,
    1 + i * 3 % 84 as appointment_id,
    ['aspirin', 'statin', 'insulin'][1 + i * i % 7 % 3] as drug,
    5 * (1 + i * 11 % 40) as dose_mg,
    1 + i % 4 as boxes
from range(1, 140) t(i);
"""
QUESTIONS = {
    "how many patients do we have": "select count(*) from patients",
    "patients in Oslo": "select full_name from patients where city = 'Oslo'",
    "number of patients by city": "select city, count(*) from patients group by 1",
    "appointments by status": "select status, count(*) from appointments group by 1",
    "how many appointments were cancelled": "select count(*) from appointments where status = 'cancelled'",
    "how many cancelled appointments last month":
        "select count(*) from appointments where status = 'cancelled' and scheduled_at >= '2026-04-01' "
        "and scheduled_at < '2026-05-01'",
    "total fee": "select sum(fee) from appointments",
    "total fee by doctor":
        "select name, sum(fee) from appointments a join doctors d using (doctor_id) group by 1",
    "fee by specialty":
        "select specialty, sum(fee) from appointments a join doctors d using (doctor_id) group by 1",
    "average fee per appointment": "select avg(fee) from appointments",
    "average duration of appointments by doctor":
        "select name, avg(duration_minutes) from appointments a join doctors d using (doctor_id) group "
        "by 1",
    "which doctor has the most appointments":
        "select name from appointments a join doctors d using (doctor_id) group by 1 order by count(*) "
        "desc limit 1",
    "which doctor earned the most fees":
        "select name from appointments a join doctors d using (doctor_id) group by 1 order by sum(fee) "
        "desc limit 1",
    "doctors without appointments":
        "select name from doctors where doctor_id not in (select doctor_id from appointments)",
    "top 3 patients by fee":
        "select full_name, sum(fee) from appointments a join patients p using (patient_id) group by 1 "
        "order by 2 desc limit 3",
    "top 4 patients by number of appointments":
        "select full_name, count(*) from appointments a join patients p using (patient_id) group by 1 "
        "order by 2 desc limit 4",
    "appointments per month":
        "select date_trunc('month', scheduled_at), count(*) from appointments group by 1",
    "fee per month in 2026":
        "select date_trunc('month', scheduled_at), sum(fee) from appointments where "
        "year(scheduled_at) = 2026 group by 1",
    "total fee in March and April 2026":
        "select sum(fee) from appointments "
        "where scheduled_at >= '2026-03-01' and scheduled_at < '2026-05-01'",
    "percentage of cancelled appointments in March and April 2026":
        "select count(*) filter (where status = 'cancelled') / count(*) from appointments "
        "where scheduled_at >= '2026-03-01' and scheduled_at < '2026-05-01'",
    "monthly fees by doctor":
        "select name, date_trunc('month', scheduled_at), sum(fee) from appointments a join doctors d "
        "using (doctor_id) group by 1, 2",
    "appointments of Ana Moss":
        "select a.* from appointments a join patients p using (patient_id) where full_name = 'Ana Moss'",
    "how many appointments does Dr. Gray have":
        "select count(*) from appointments a join doctors d using (doctor_id) where name = 'Dr. Gray'",
    "total fee of Dr. Stone":
        "select sum(fee) from appointments a join doctors d using (doctor_id) where name = 'Dr. Stone'",
    "longest appointment": "select * from appointments order by duration_minutes desc limit 1",
    "the 3 most expensive appointments": "select * from appointments order by fee desc limit 3",
    "latest appointment of Ben Reed":
        "select a.* from appointments a join patients p using (patient_id) where full_name = 'Ben Reed' "
        "order by scheduled_at desc limit 1",
    "percentage of cancelled appointments":
        "select count(*) filter (where status = 'cancelled') / count(*) from appointments",
    "what percentage of appointments were no-show":
        "select count(*) filter (where status = 'no-show') / count(*) from appointments",
    "share of fees by insurer":
        "select insurer, sum(fee) / (select sum(fee) from appointments) from appointments a join "
        "patients p using (patient_id) group by 1",
    "median fee": "select median(fee) from appointments",
    "median duration by specialty":
        "select specialty, median(duration_minutes) from appointments a join doctors d using "
        "(doctor_id) group by 1",
    "oldest patient": "select full_name from patients order by birth_date limit 1",
    "youngest patient in Oslo":
        "select full_name from patients where city = 'Oslo' order by birth_date desc limit 1",
    "patients born after 1980": "select full_name from patients where birth_date >= '1981-01-01'",
    "appointments longer than 45 minutes": "select * from appointments where duration_minutes > 45",
    "appointments with a fee over 150": "select * from appointments where fee > 150",
    "which cities are there": "select distinct city from patients",
    "what specialties are there": "select distinct specialty from doctors",
    "boxes by drug": "select drug, sum(boxes) from prescriptions group by 1",
    "prescriptions per drug": "select drug, count(*) from prescriptions group by 1",
    "number of prescriptions by specialty":
        "select specialty, count(*) from prescriptions r join appointments a using (appointment_id) "
        "join doctors using (doctor_id) group by 1",
    "average dose of insulin": "select avg(dose_mg) from prescriptions where drug = 'insulin'",
    "most prescribed drug": "select drug from prescriptions group by 1 order by count(*) desc limit 1",
    "patients with more than 10 appointments":
        "select full_name from appointments a join patients p using (patient_id) group by 1 having "
        "count(*) > 10",
    "cardiology doctors": "select name from doctors where specialty = 'cardiology'",
    "doctors with an hourly rate above 180": "select name from doctors where hourly_rate > 180",
    "fee this month compared to last month":
        "select sum(fee) filter(where scheduled_at >= '2026-05-01' and scheduled_at < '2026-06-01'), "
        "sum(fee) filter(where scheduled_at >= '2026-04-01' and scheduled_at < '2026-05-01') from "
        "appointments",
    "appointments by doctor and status":
        "select name, status, count(*) from appointments a join doctors d using (doctor_id) group by 1, "
        "2",
    "completed appointments by city":
        "select city, count(*) from appointments a join patients p using (patient_id) where status = "
        "'completed' group by 1",
    "appointments in the first quarter of 2026":
        "select * from appointments where scheduled_at >= '2026-01-01' and scheduled_at < '2026-04-01'",
}  # fmt: skip
CLINIC = Domain(
    DDL,
    QUESTIONS,
    keys=(
        ("appointments", "patient_id", "patients", "patient_id"),
        ("appointments", "doctor_id", "doctors", "doctor_id"),
        ("prescriptions", "appointment_id", "appointments", "appointment_id"),
    ),
    unanswerable=(
        "percentage of cancelled appointments this month vs last month",
        "fee by weekday",
        "overdue appointments",
        "total revenue by clinic",
        "our best doctors",
        "average waiting time",
        "nurses by specialty",
    ),
)
